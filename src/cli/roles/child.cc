#include "cli/roles/child.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace rescind::cli {
namespace {

// In the child, between fork and exec: only async-signal-safe calls.
[[noreturn]] void become(char* const* arguments, int log, int report, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() == parent && dup2(log, STDOUT_FILENO) >= 0 && dup2(log, STDERR_FILENO) >= 0) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execvp(arguments[0], arguments);
  }
  const int error = errno;
  [[maybe_unused]] const ssize_t written = write(report, &error, sizeof error);
  _exit(127);
}

}  // namespace

Result<std::unique_ptr<Child>> Child::start(const std::vector<std::string>& arguments,
                                            const std::string& log_file) {
  std::vector<char*> pointers;
  for (const std::string& argument : arguments)
    pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  const int log = open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) {
    return fail(ErrorCode::kUnavailable, "cannot write " + log_file + ": " + std::strerror(errno));
  }
  // The child's end is closed by a successful exec: then nothing comes.
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) {
    close(log);
    return fail(ErrorCode::kUnavailable, std::string("pipe: ") + std::strerror(errno));
  }
  const pid_t parent = getpid();
  const pid_t id = fork();
  if (id == 0) become(pointers.data(), log, report[1], parent);
  close(log);
  close(report[1]);
  int error = id < 0 ? errno : 0;
  if (id > 0 && read(report[0], &error, sizeof error) == sizeof error) waitpid(id, nullptr, 0);
  close(report[0]);
  if (error != 0) {
    return fail(error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnavailable,
                "cannot start " + arguments[0] + ": " + std::strerror(error));
  }
  return std::unique_ptr<Child>(new Child(id));
}

std::optional<int> Child::ended() {
  int status = 0;
  if (!status_ && waitpid(id_, &status, WNOHANG) == id_) {
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return status_;
}

bool Child::ended_within(std::chrono::milliseconds time) {
  constexpr std::chrono::milliseconds kLook{5};
  for (; time.count() > 0; time -= kLook) {
    if (ended()) return true;
    usleep(static_cast<useconds_t>(std::chrono::microseconds(kLook).count()));
  }
  return ended().has_value();
}

Child::~Child() {
  if (ended()) return;
  kill(id_, SIGTERM);
  if (ended_within(std::chrono::seconds(3))) return;
  kill(id_, SIGKILL);
  waitpid(id_, nullptr, 0);
}

}  // namespace rescind::cli

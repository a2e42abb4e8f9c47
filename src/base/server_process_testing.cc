#include "base/server_process_testing.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/check.h"
#include "base/clock.h"

namespace rescind {

bool eventually(const std::function<bool()>& done, std::chrono::seconds longest) {
  const SystemClock clock;
  for (const BootTime end = clock.now().boot + longest; clock.now().boot < end;) {
    if (done()) return true;
    std::this_thread::sleep_for(Milliseconds(10));  // another process: nothing wakes us
  }
  return false;
}

std::uint16_t free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  CHECK(::bind(probe, reinterpret_cast<sockaddr*>(&address), size) == 0);
  CHECK(::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(probe);
  return ntohs(address.sin_port);
}

ServerProcess::ServerProcess(const std::string& name) {
  std::string path =
      (std::filesystem::temp_directory_path() / ("rescind-" + name + "-XXXXXX")).string();
  CHECK(::mkdtemp(path.data()) != nullptr);
  folder_ = path;
}

ServerProcess::~ServerProcess() {
  stop();
  std::filesystem::remove_all(folder_);
}

bool ServerProcess::is_installed(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null").c_str()) == 0;
}

void ServerProcess::start(const std::vector<std::string>& command) {
  const std::string output = folder_ + "/output";
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  pid_ = ::fork();
  CHECK(pid_ >= 0);
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(file, STDOUT_FILENO);
    ::dup2(file, STDERR_FILENO);
    ::execvp(words[0], words.data());
    ::_exit(127);
  }
}

bool ServerProcess::ended() {
  if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
  return pid_ <= 0;
}

void ServerProcess::signal(int number) const {
  CHECK(pid_ > 0 && ::kill(pid_, number) == 0);
  if (number == SIGSTOP) ::waitpid(pid_, nullptr, WUNTRACED);
}

void ServerProcess::stop(std::chrono::seconds within) {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGCONT);
  ::kill(pid_, SIGTERM);
  if (!eventually([this] { return ended(); }, within)) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  pid_ = -1;
}

std::string ServerProcess::said() const {
  std::ifstream output(folder_ + "/output");
  const std::string said((std::istreambuf_iterator<char>(output)), {});
  return said.substr(0, 500);
}

}  // namespace rescind

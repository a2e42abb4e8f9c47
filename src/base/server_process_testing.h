#pragma once
// For tests: a server of somebody else's as a child process, with a folder of its own. It is ended
// by its process id, and does not outlive the test program even where that is killed.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace rescind {

// Asks again and again, since it is another process's doing.
bool eventually(const std::function<bool()>& done, std::chrono::seconds longest);

// On the loopback; nobody had it a moment ago.
std::uint16_t free_port();

class ServerProcess {
 public:
  // `name` is in the folder's.
  explicit ServerProcess(const std::string& name);
  ~ServerProcess();  // the folder goes, too
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  const std::string& folder() const { return folder_; }
  // The command's first word is looked for in PATH.
  static bool is_installed(const std::string& program);
  void start(const std::vector<std::string>& command);
  // It has ended by itself.
  bool ended();
  // After SIGSTOP it does stand still.
  void signal(int number) const;
  // SIGTERM, and SIGKILL where it takes longer.
  void stop(std::chrono::seconds within = std::chrono::seconds(10));
  // The beginning of what it has written, all starts together.
  std::string said() const;

 private:
  std::string folder_;
  pid_t pid_ = -1;
};

}  // namespace rescind

#pragma once
// A child process of `rescind dev` and `rescind demo`: started, watched, and ended by its own id;
// it is ended with its parent too. One thread.

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace rescind::cli {

class Child {
 public:
  // Runs `arguments[0]` (searched in PATH) with standard output and error appended to `log_file`.
  // kNotFound: there is no such program; kUnavailable: it could not be started.
  static Result<std::unique_ptr<Child>> start(const std::vector<std::string>& arguments,
                                              const std::string& log_file);
  // SIGTERM; SIGKILL for what has not ended after three seconds.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t id() const { return id_; }
  // The exit status (128 + signal where one ended it), once it has ended.
  std::optional<int> ended();

 private:
  explicit Child(pid_t id) : id_(id) {}
  bool ended_within(std::chrono::milliseconds time);

  pid_t id_;
  std::optional<int> status_;
};

}  // namespace rescind::cli

#pragma once
// For tests: a loop and the thread that runs it.

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "net/loop.h"

namespace rescind::net {

class LoopThread {
 public:
  LoopThread() : thread_([this] { loop_.run(); }) {}
  ~LoopThread() {
    loop_.stop();
    thread_.join();
  }
  Loop& loop() { return loop_; }
  Loop* operator->() { return &loop_; }

 private:
  Loop loop_;
  std::thread thread_;
};

// A value that one thread gives and another waits for, ten seconds at most.
template <typename T>
class Promised {
 public:
  void set(T value) {
    const std::scoped_lock lock(mutex_);
    value_ = std::move(value);
    given_.notify_all();
  }
  std::optional<T> wait() {
    std::unique_lock lock(mutex_);
    given_.wait_for(lock, std::chrono::seconds(10), [&] { return value_.has_value(); });
    return std::exchange(value_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  std::condition_variable given_;
  std::optional<T> value_;
};

}  // namespace rescind::net

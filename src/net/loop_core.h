#pragma once
// What stands behind a Loop, for the .cc files of net alone. Responders and streams hold it, so
// that they may outlive the loop: after shutdown() posted tasks are dropped and there is no
// io_context.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "net/loop.h"

namespace boost::asio {
class io_context;
}

namespace rescind::net {

class LoopCore {
 public:
  LoopCore();
  ~LoopCore();

  void run();
  void stop();
  void post(Loop::Task task);
  void call(Loop::Task task);
  bool in_thread() const;
  Loop::TimerId after(std::chrono::nanoseconds delay, Loop::Task task);
  void cancel(Loop::TimerId id);
  void on_signal(int signal, std::move_only_function<void(int)> task);
  // The loop ends: drops what is queued and refuses what comes.
  void shutdown();

  // Only before shutdown().
  boost::asio::io_context& io();

 private:
  struct Parts;  // everything of Asio
  struct Call {
    Loop::Task* task;
    bool done = false;
  };
  void claim() REQUIRES(mutex_);
  void run_calls();
  void release() EXCLUDES(mutex_);

  Mutex mutex_;
  Condition changed_;
  std::unique_ptr<Parts> parts_;             // set once; taken by shutdown() under mutex_
  bool claimed_ GUARDED_BY(mutex_) = false;  // some thread is the loop's thread
  std::vector<Call*> calls_ GUARDED_BY(mutex_);
  const LoopCore* outer_ = nullptr;  // the loop that this thread ran when it claimed this one
};

}  // namespace rescind::net

#pragma once
// Drives steppable parts (Follower, Publisher, Committer …): calls `step` when woken and at the
// deadline that it returned last. Two drivers for the same shape: on an event loop, or on a thread
// of its own for what blocks.

#include <functional>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "net/loop.h"

namespace rescind::net {

// Does what is due and returns when to be called again at the latest.
using Step = std::function<BootTime(Now)>;

// On a loop: the step runs on the loop's thread. wake() may be called from any thread, and from
// within the step; several wakes before the step are one. Made and ended on the loop's thread, or
// while nobody runs it.
class LoopStepper {
 public:
  LoopStepper(Loop& loop, const Clock& clock, Step step);
  ~LoopStepper();
  LoopStepper(const LoopStepper&) = delete;
  LoopStepper& operator=(const LoopStepper&) = delete;

  void wake();

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

// On a thread of its own, from start() to stop(). wake() is thread-safe, also before and after: so
// it can be handed out before what it steps exists.
class ThreadStepper {
 public:
  ThreadStepper(const Clock& clock, Step step);
  ~ThreadStepper() { stop(); }
  ThreadStepper(const ThreadStepper&) = delete;
  ThreadStepper& operator=(const ThreadStepper&) = delete;

  void wake() EXCLUDES(mutex_);
  // Once. The first step comes at once.
  void start();
  // Lets a running step end, and joins. Not within the step.
  void stop() EXCLUDES(mutex_);

 private:
  void run();

  const Clock& clock_;
  Step step_;
  Mutex mutex_;
  Condition woken_;
  bool wake_ GUARDED_BY(mutex_) = true;
  bool end_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace rescind::net

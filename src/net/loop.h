#pragma once
// An event loop: one thread calls run() and everything that belongs to the loop happens there.
//
// Servers and clients are given a Loop and must end before it does. post(), call() and stop() may
// be called from any thread; everything else only on the loop's thread, or while nobody runs it.
// Tasks must not throw. One posted task costs about 0.2 µs; a timer costs one allocation.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace rescind::net {

class LoopCore;

class Loop {
 public:
  using Task = std::move_only_function<void()>;
  enum class TimerId : std::uint64_t {};

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Works until stop(), also while there is nothing to do. May be called again after it returned.
  void run();
  // Makes run() return soon; what is queued stays queued. Before run(): that run() returns at once.
  void stop();

  // Queues a task. A loop that has ended drops it.
  void post(Task task);
  // Runs a task on the loop's thread and returns when it is done; at once where this is that
  // thread, or where nobody runs the loop.
  void call(Task task);
  // True on the thread that runs this loop.
  bool in_thread() const;

  // Runs a task once, not sooner than after `delay`.
  TimerId after(std::chrono::nanoseconds delay, Task task);
  // The task will not run any more. An id that has fired or is unknown is ignored.
  void cancel(TimerId id);
  // From now on the signal is delivered here, each time. For the process's one main loop.
  void on_signal(int signal, std::move_only_function<void(int)> task);

  const std::shared_ptr<LoopCore>& core() const { return core_; }

 private:
  std::shared_ptr<LoopCore> core_;
};

}  // namespace rescind::net

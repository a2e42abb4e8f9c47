#include "net/stepper.h"

#include <algorithm>
#include <atomic>
#include <optional>

namespace rescind::net {
namespace {

// A deadline is never so far that a sleep could overflow, nor so near that a step spins.
std::chrono::nanoseconds until(BootTime deadline, BootTime now) {
  using std::chrono::nanoseconds;
  return std::clamp<nanoseconds>(deadline - now, std::chrono::microseconds(100),
                                 std::chrono::hours(1));
}

}  // namespace

struct LoopStepper::Shared : std::enable_shared_from_this<Shared> {
  Shared(Loop& on, const Clock& time, Step work) : loop(on), clock(time), step(std::move(work)) {}

  void run() {
    // Cleared before the step: a wake during it is not lost.
    posted.store(false, std::memory_order_seq_cst);
    if (ended) return;
    const BootTime deadline = step(clock.now());
    if (ended) return;
    if (timer) loop.cancel(*timer);
    timer = loop.after(until(deadline, clock.now().boot), [self = weak_from_this()] {
      if (const auto shared = self.lock()) {
        shared->timer.reset();
        shared->run();
      }
    });
  }

  Loop& loop;
  const Clock& clock;
  Step step;
  std::optional<Loop::TimerId> timer;
  bool ended = false;
  std::atomic<bool> posted = false;
};

LoopStepper::LoopStepper(Loop& loop, const Clock& clock, Step step)
    : shared_(std::make_shared<Shared>(loop, clock, std::move(step))) {
  wake();
}

LoopStepper::~LoopStepper() {
  shared_->ended = true;
  if (shared_->timer) shared_->loop.cancel(*shared_->timer);
}

void LoopStepper::wake() {
  if (shared_->posted.exchange(true, std::memory_order_seq_cst)) return;
  shared_->loop.post([self = std::weak_ptr(shared_)] {
    if (const auto shared = self.lock()) shared->run();
  });
}

ThreadStepper::ThreadStepper(const Clock& clock, Step step)
    : clock_(clock), step_(std::move(step)) {}

void ThreadStepper::start() {
  thread_ = std::thread([this] { run(); });
}

void ThreadStepper::stop() {
  {
    const MutexLock lock(mutex_);
    end_ = true;
  }
  woken_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void ThreadStepper::wake() {
  {
    const MutexLock lock(mutex_);
    wake_ = true;
  }
  woken_.notify_one();
}

void ThreadStepper::run() {
  BootTime deadline{};
  for (;;) {
    {
      const MutexLock lock(mutex_);
      while (!wake_ && !end_) {
        const auto wait = deadline - clock_.now().boot;
        if (wait <= std::chrono::nanoseconds::zero()) break;
        woken_.wait_for(mutex_, std::min<std::chrono::nanoseconds>(wait, std::chrono::hours(1)));
      }
      if (end_) return;
      wake_ = false;
    }
    deadline = step_(clock_.now());
  }
}

}  // namespace rescind::net

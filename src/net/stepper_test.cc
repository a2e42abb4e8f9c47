#include "net/stepper.h"

#include <gtest/gtest.h>

#include <atomic>
#include <semaphore>

namespace rescind::net {
namespace {

constexpr BootTime kNever{std::chrono::nanoseconds::max()};

TEST(LoopStepper, StepsAtOnceWhenWokenAndAtItsDeadline) {
  SystemClock clock;
  net::Loop loop;
  int steps = 0;
  LoopStepper* self = nullptr;
  LoopStepper stepper(loop, clock, [&](Now now) {
    ++steps;
    if (steps == 1) {
      self->wake();
      self->wake();
      return kNever;
    }
    if (steps == 2) return now.boot + std::chrono::milliseconds(1);
    loop.stop();
    return kNever;
  });
  self = &stepper;
  loop.run();
  EXPECT_EQ(steps, 3);
}

TEST(LoopStepper, StepsNoMoreAfterItsEnd) {
  SystemClock clock;
  net::Loop loop;
  int steps = 0;
  {
    LoopStepper stepper(loop, clock, [&](Now now) {
      ++steps;
      return now.boot;
    });
  }
  loop.post([&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(steps, 0);
}

TEST(ThreadStepper, StepsAtOnceWhenWokenAndEndsInOrder) {
  SystemClock clock;
  std::counting_semaphore<100> stepped(0);
  std::atomic<int> steps = 0;
  {
    ThreadStepper stepper(clock, [&](Now) {
      ++steps;
      stepped.release();
      return kNever;
    });
    stepper.wake();
    stepper.start();
    stepped.acquire();
    stepper.wake();
    stepped.acquire();
  }
  EXPECT_GE(steps, 2);
}

TEST(ThreadStepper, StepsAtItsDeadline) {
  SystemClock clock;
  std::counting_semaphore<100> stepped(0);
  ThreadStepper stepper(clock, [&](Now now) {
    stepped.release();
    return now.boot + std::chrono::milliseconds(1);
  });
  stepper.start();
  for (int i = 0; i < 5; ++i) stepped.acquire();
  stepper.stop();
  stepper.wake();
}

}  // namespace
}  // namespace rescind::net

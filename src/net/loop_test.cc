#include "net/loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <thread>
#include <vector>

#include "net/loop_thread.h"

namespace rescind::net {
namespace {

using namespace std::chrono_literals;

TEST(Loop, RunsPostedTasksInOrder) {
  Loop loop;
  std::vector<int> ran;
  for (int i = 0; i < 3; ++i) loop.post([&ran, i] { ran.push_back(i); });
  loop.post([&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(ran, (std::vector{0, 1, 2}));
}

TEST(Loop, RunsAgainAfterItWasStopped) {
  Loop loop;
  loop.stop();
  loop.run();  // returns at once
  int ran = 0;
  loop.post([&] {
    ++ran;
    loop.stop();
  });
  loop.run();
  EXPECT_EQ(ran, 1);
}

TEST(Loop, KnowsItsThread) {
  LoopThread thread;
  EXPECT_FALSE(thread->in_thread());
  bool inside = false;
  thread->call([&] { inside = thread->in_thread(); });
  EXPECT_TRUE(inside);
}

TEST(Loop, CallsWhileNobodyRunsIt) {
  Loop loop;
  bool inside = false;
  loop.call([&] { loop.call([&] { inside = loop.in_thread(); }); });
  EXPECT_TRUE(inside);
  EXPECT_FALSE(loop.in_thread());
}

TEST(Loop, CallsFromManyThreadsWhileItStartsAndStops) {
  Loop loop;
  int calls = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 200; ++n) loop.call([&] { ++calls; });
    });
  }
  for (int i = 0; i < 50; ++i) {
    loop.post([&] { loop.stop(); });
    loop.run();
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(calls, 800);
}

TEST(Loop, FiresTimersInTheOrderOfTheirTime) {
  Loop loop;
  std::vector<int> fired;
  loop.after(20ms, [&] {
    fired.push_back(2);
    loop.stop();
  });
  loop.after(1ms, [&] { fired.push_back(1); });
  const auto never = loop.after(5ms, [&] { fired.push_back(3); });
  loop.cancel(never);
  loop.cancel(never);
  loop.run();
  EXPECT_EQ(fired, (std::vector{1, 2}));
}

TEST(Loop, DropsATimerThatIsCancelledWhenItIsDue) {
  Loop loop;
  int fired = 0;
  Loop::TimerId other{};
  const auto either = [&] {
    ++fired;
    loop.cancel(other);
    loop.after(1ms, [&] { loop.stop(); });
  };
  loop.after(0ms, either);
  other = loop.after(0ms, either);
  loop.run();
  EXPECT_EQ(fired, 1);
}

TEST(Loop, DeliversSignals) {
  Loop loop;
  std::vector<int> caught;
  loop.on_signal(SIGUSR1, [&](int number) {
    caught.push_back(number);
    if (caught.size() == 2) return loop.stop();
    std::raise(SIGUSR1);
  });
  loop.post([] { std::raise(SIGUSR1); });
  loop.run();
  EXPECT_EQ(caught, (std::vector{SIGUSR1, SIGUSR1}));
}

// Whoever finds nobody running the loop runs it at once: a run() that begins just then does not
// keep it from that.
TEST(Loop, EveryCallReturnsWhileARunBegins) {
  for (int round = 0; round < 300; ++round) {
    std::atomic<int> ran = 0;
    {
      LoopThread loop;
      const auto call = [&] { loop->call([&] { ++ran; }); };
      std::jthread other(call);
      call();
      call();
    }
    EXPECT_EQ(ran, 3);
  }
}

TEST(Loop, DropsWhatIsQueuedWhenItEnds) {
  const auto witness = std::make_shared<int>(0);
  {
    Loop loop;
    loop.post([witness] { ++*witness; });
    loop.after(1h, [witness] { ++*witness; });
    EXPECT_EQ(witness.use_count(), 3);
  }
  EXPECT_EQ(witness.use_count(), 1);
  EXPECT_EQ(*witness, 0);
}

}  // namespace
}  // namespace rescind::net

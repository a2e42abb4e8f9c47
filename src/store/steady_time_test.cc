#include "store/steady_time.h"

#include <gtest/gtest.h>

#include "store/limits.h"

namespace rescind::store {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr WallTime kWall = wall_from_seconds(1'800'000'000);
constexpr BootTime kBoot{hours(1)};
constexpr Milliseconds kMs{1};

// A time, and what was read of it last.
class Read {
 public:
  WallTime operator()(std::uint64_t term, Milliseconds clock, Milliseconds boot) {
    return time.at(term, kWall + clock, kBoot + boot);
  }
  bool was_set(std::uint64_t term, Milliseconds clock, Milliseconds boot) const {
    return time.was_set(term, kWall + clock, kBoot + boot);
  }
  SteadyTime time;
};

TEST(SteadyTime, IsTheClockWhileThatGoesOn) {
  Read read;
  EXPECT_EQ(read(7, 0 * kMs, 0 * kMs), kWall);
  EXPECT_EQ(read(7, 2 * kMs, 2 * kMs), kWall + 2 * kMs);
  EXPECT_EQ(read(7, hours(300), hours(300)), kWall + hours(300));
}

TEST(SteadyTime, DoesNotBelieveAClockThatWasSetWithinATerm) {
  Read read;
  read(7, 0 * kMs, 0 * kMs);
  EXPECT_EQ(read(7, seconds(5), seconds(1)), kWall + seconds(1) + kMs) << "a thousandth for drift";
  EXPECT_EQ(read(7, seconds(-9), seconds(2)), kWall + seconds(2)) << "and back";
  EXPECT_EQ(read(7, seconds(-9), seconds(3)), kWall + seconds(3) - kMs);
  EXPECT_EQ(read(8, seconds(-9), seconds(3)), kWall - seconds(9)) << "another term";
}

TEST(SteadyTime, GoesOnForWhoHasNotSeenThatATermBegan) {
  Read read;
  read(7, 0 * kMs, 0 * kMs);
  read(8, seconds(9), seconds(1));
  EXPECT_EQ(read(7, seconds(10), seconds(2)), kWall + seconds(2) + 2 * kMs);
  EXPECT_EQ(read(8, seconds(10), seconds(2)), kWall + seconds(10)) << "which changes nothing here";
  EXPECT_EQ(read(6, seconds(5), seconds(2)), kWall + seconds(5)) << "nothing is known of it";
  EXPECT_EQ(read(8, seconds(10), seconds(2)), kWall + seconds(10));
  EXPECT_EQ(read(8, seconds(9), seconds(1)), kWall + seconds(9)) << "who read the clock before";
}

TEST(SteadyTime, SaysWhenAnotherTermIsDue) {
  Read read;
  read(7, 0 * kMs, 0 * kMs);
  const Milliseconds most = kMs + kClockSlack;
  EXPECT_FALSE(read.was_set(7, seconds(1) + most, seconds(1)));
  EXPECT_TRUE(read.was_set(7, seconds(1) + most + kMs, seconds(1)));
  EXPECT_FALSE(read.was_set(7, seconds(1) - most, seconds(1)));
  EXPECT_TRUE(read.was_set(7, seconds(1) - most - kMs, seconds(1)));
  EXPECT_FALSE(read.was_set(8, hours(1), seconds(1))) << "which has just begun";
  // Little by little is set, too.
  for (int i = 1; i <= 4; ++i) read(7, seconds(i) + i * Milliseconds(400), seconds(i));
  EXPECT_TRUE(read.was_set(7, seconds(4) + Milliseconds(1600), seconds(4)));
}

TEST(SteadyTime, FollowsAClockThatDrifts) {
  Read read;
  WallTime at;
  for (std::int64_t i = 0; i <= 3'600'000; i += 2) {
    at = read(7, Milliseconds(i + i / 2000), Milliseconds(i));  // 500 parts of a million faster
  }
  EXPECT_LE(kWall + hours(1) + Milliseconds(1800) - at, 2 * kMs);
}

}  // namespace
}  // namespace rescind::store

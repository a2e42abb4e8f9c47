#include "revocation/purge_time.h"

#include <gtest/gtest.h>

namespace rescind::revocation {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

// The host's clock, the authority's and the boot-time clock, in time since the start.
class PurgeTimeTest : public testing::Test {
 protected:
  static constexpr WallTime kStart = wall_from_seconds(1'800'000'000);

  Milliseconds at(Milliseconds wall, Milliseconds authority, Milliseconds boot) {
    time_.advance(Now{.wall = kStart + wall, .boot = BootTime(kBooted + boot)}, kStart + authority);
    return time_.value() - kStart;
  }
  // All clocks agree.
  Milliseconds at(Milliseconds all) { return at(all, all, all); }

  static constexpr Milliseconds kBooted = hours(9);
  PurgeTime time_;
};

TEST_F(PurgeTimeTest, NothingMovesWithoutAnAuthoritysTime) {
  time_.advance(Now{.wall = kStart, .boot = BootTime(kBooted)}, std::nullopt);
  EXPECT_EQ(time_.value(), WallTime{});
}

TEST_F(PurgeTimeTest, IsTheSmallerOfTheTwoClocks) {
  EXPECT_EQ(at(seconds(5), seconds(0), seconds(0)), seconds(0));
  EXPECT_EQ(at(seconds(6), seconds(1), seconds(1)), seconds(1));
  EXPECT_EQ(at(seconds(2), seconds(7), seconds(7)), seconds(2));
}

TEST_F(PurgeTimeTest, AStepOfOneClockMovesItAtMostTwiceAsFastAsTime) {
  for (const Milliseconds step :
       {Milliseconds(seconds(1)), Milliseconds(hours(1)), Milliseconds(hours(87'600))}) {
    time_ = PurgeTime();
    EXPECT_EQ(at(seconds(0)), seconds(0));
    // One of them alone moves nothing.
    EXPECT_EQ(at(seconds(1) + step, seconds(1), seconds(1)), seconds(1));
    EXPECT_EQ(at(seconds(2), seconds(2) + step, seconds(2)), seconds(2));
    // Both together do: slowly.
    EXPECT_EQ(at(seconds(3) + step, seconds(3) + step, seconds(3)), seconds(4));
    EXPECT_EQ(at(seconds(3) + step, seconds(3) + step, seconds(3)), seconds(4));
  }
}

TEST_F(PurgeTimeTest, NeverFallsAndHealsByItself) {
  for (const Milliseconds step :
       {Milliseconds(seconds(5)), Milliseconds(hours(1)), Milliseconds(hours(87'600))}) {
    time_ = PurgeTime();
    EXPECT_EQ(at(seconds(0)), seconds(0));
    EXPECT_EQ(at(seconds(10)), seconds(10));
    EXPECT_EQ(at(seconds(11) - step, seconds(11), seconds(11)), seconds(10));
    EXPECT_EQ(at(seconds(12), seconds(12) - step, seconds(12)), seconds(10));
    EXPECT_EQ(at(seconds(13)), seconds(12)) << "1 s after the last call";
    EXPECT_EQ(at(seconds(14)), seconds(14));
  }
}

TEST_F(PurgeTimeTest, ManySmallStepsAreAsFastAsOneLarge) {
  at(seconds(0));
  for (int i = 1; i <= 10'000; ++i) {
    time_.advance(Now{.wall = kStart + hours(1),
                      .boot = BootTime(kBooted + std::chrono::microseconds(300 * i))},
                  kStart + hours(1));
  }
  EXPECT_EQ(time_.value() - kStart, seconds(6));
}

TEST_F(PurgeTimeTest, TheBootClockOfAnEarlierCallMovesNothing) {
  at(seconds(5));
  EXPECT_EQ(at(hours(1), hours(1), seconds(4)), seconds(5));
}

TEST_F(PurgeTimeTest, ARestartGoesOnFromTheSnapshots) {
  time_.raise(kStart + seconds(100));
  EXPECT_EQ(at(seconds(50)), seconds(100));
  EXPECT_EQ(at(seconds(200), seconds(200), seconds(51)), seconds(102));
  time_.raise(kStart + seconds(90));
  EXPECT_EQ(time_.value() - kStart, seconds(102));
  time_.raise(kStart + seconds(150));
  EXPECT_EQ(time_.value() - kStart, seconds(150));
}

}  // namespace
}  // namespace rescind::revocation

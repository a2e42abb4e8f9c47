#include "base/clock.h"

#include <gtest/gtest.h>

namespace rescind {
namespace {

using std::chrono::nanoseconds;

TEST(Clock, RoundsSecondsDown) {
  EXPECT_EQ(to_seconds(wall_from_ms(1999)), 1);
  EXPECT_EQ(to_seconds(wall_from_ms(-1)), -1);
  EXPECT_EQ(to_ms(wall_from_seconds(-2)), -2000);
}

TEST(ManualClock, AdvancesBothClocksWithoutLosingWhatIsLessThanAMillisecond) {
  ManualClock clock(Now{.wall = wall_from_ms(1000), .boot = BootTime(nanoseconds(5))});
  for (int i = 0; i < 10; ++i) clock.advance(nanoseconds(300'000));
  EXPECT_EQ(to_ms(clock.now().wall), 1003);
  EXPECT_EQ(clock.now().boot, BootTime(nanoseconds(3'000'005)));
}

TEST(ManualClock, StepsTheWallClockAlone) {
  ManualClock clock(Now{.wall = wall_from_ms(1000), .boot = BootTime(nanoseconds(5))});
  clock.step_wall(Milliseconds(-900));
  EXPECT_EQ(to_ms(clock.now().wall), 100);
  EXPECT_EQ(clock.now().boot, BootTime(nanoseconds(5)));
}

TEST(SystemClock, NeverGoesBackByTheBootClock) {
  const SystemClock clock;
  const Now first = clock.now();
  const Now second = clock.now();
  EXPECT_LE(first.boot, second.boot);
  EXPECT_GT(first.boot, BootTime());
  EXPECT_GT(to_seconds(first.wall), 1'700'000'000);
}

}  // namespace
}  // namespace rescind

#include "revocation/freshness.h"

#include <gtest/gtest.h>

namespace rescind::revocation {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr Milliseconds kSkew = kDefaultMaxClockSkew;

// An authority and a follower of it, each with a clock of its own; ms on both since the start.
class FreshnessTest : public testing::Test {
 protected:
  static constexpr std::int64_t kStart = 1'800'000'000'000;

  // A word said at `at` of the authority's time that arrives when the boot clock says `boot`.
  bool word(Milliseconds at, Milliseconds boot, std::uint64_t term = 1) {
    return freshness_.refresh(term, wall_from_ms(kStart) + at, BootTime(boot + kBooted));
  }
  Milliseconds staleness(Milliseconds boot, Milliseconds wall) const {
    return freshness_.staleness(
        Now{.wall = wall_from_ms(kStart) + wall, .boot = BootTime(boot + kBooted)}, kSkew);
  }
  Milliseconds staleness(Milliseconds both) const { return staleness(both, both); }

  static constexpr Milliseconds kBooted = hours(5);
  Freshness freshness_;
};

TEST_F(FreshnessTest, IsStaleForEverBeforeTheFirstWord) {
  EXPECT_EQ(staleness(seconds(1)), Milliseconds::max());
  EXPECT_EQ(freshness_.at(), std::nullopt);
  EXPECT_EQ(freshness_.authority_time(BootTime{}), std::nullopt);
}

TEST_F(FreshnessTest, GrowsWithTheBootClockFromTheLastWord) {
  ASSERT_TRUE(word(seconds(0), seconds(0)));
  EXPECT_EQ(staleness(seconds(0)), seconds(0));
  EXPECT_EQ(staleness(seconds(10)), seconds(10) - Milliseconds(2));  // less 200 ppm
  ASSERT_TRUE(word(seconds(10), seconds(10)));
  EXPECT_EQ(staleness(seconds(11)), seconds(1) - Milliseconds(1));
  EXPECT_EQ(freshness_.at(), wall_from_ms(kStart + 10'000));
}

TEST_F(FreshnessTest, AReplayedOrOlderWordDoesNotRefresh) {
  ASSERT_TRUE(word(seconds(5), seconds(5)));
  EXPECT_FALSE(word(seconds(5), seconds(9)));
  EXPECT_FALSE(word(seconds(4), seconds(9)));
  EXPECT_GE(staleness(seconds(25)), Milliseconds(19'990));
}

TEST_F(FreshnessTest, AWordOfWhatIsNotKnownYetMakesStaleAtOnceAndNeverFresh) {
  ASSERT_TRUE(word(seconds(0), seconds(0)));  // held back for ten seconds by its broker
  const auto observe = [this](Milliseconds at, Milliseconds boot, std::uint64_t term) {
    freshness_.observe(term, wall_from_ms(kStart) + at, BootTime(boot + kBooted));
  };
  EXPECT_EQ(staleness(seconds(0)), seconds(0));
  observe(seconds(10), seconds(0), 2);  // another term, another clock
  EXPECT_EQ(staleness(seconds(0)), seconds(0));
  observe(seconds(10), seconds(0), 1);
  EXPECT_EQ(staleness(seconds(0)), seconds(10));
  observe(seconds(10), seconds(5), 1);  // late: nothing new
  EXPECT_GE(staleness(seconds(5)), Milliseconds(14'990));
  EXPECT_EQ(freshness_.at(), wall_from_ms(kStart));
}

TEST_F(FreshnessTest, WordsHeldBackLookAsOldAsTheyAre) {
  ASSERT_TRUE(word(seconds(0), seconds(0)));
  // From here on a broker delays everything by 20 s; each word is genuine and newer than the last.
  for (int i = 1; i < 30; ++i) ASSERT_TRUE(word(seconds(i), seconds(20 + i)));
  EXPECT_GE(staleness(seconds(49)), Milliseconds(19'980));
}

TEST_F(FreshnessTest, WordsHeldBackFromTheStartAreBoundedByTheWallClock) {
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(word(seconds(i), seconds(600 + i)));
  EXPECT_EQ(staleness(seconds(609)), seconds(600) - kSkew);
}

TEST_F(FreshnessTest, APausedOrSuspendedProcessIsStaleWhenItWakes) {
  ASSERT_TRUE(word(seconds(0), seconds(0)));
  // Even where the wall clock was stopped as well.
  EXPECT_GE(staleness(hours(1), seconds(0)), Milliseconds(3'599'000));
}

TEST_F(FreshnessTest, ASteppedWallClockCannotLookFresher) {
  ASSERT_TRUE(word(seconds(0), seconds(0)));
  for (const auto step : {hours(0), hours(1), hours(-1), hours(87'600), hours(-87'600)}) {
    EXPECT_GE(staleness(seconds(30), seconds(30) + step), Milliseconds(29'990));
  }
  EXPECT_EQ(staleness(seconds(1), hours(1)), hours(1) - kSkew);
}

TEST_F(FreshnessTest, ANewTermWithItsClockBehindIsFresh) {
  ASSERT_TRUE(word(seconds(50), seconds(50), 1));
  ASSERT_TRUE(word(seconds(0), seconds(51), 2));
  EXPECT_EQ(staleness(seconds(52)), seconds(1) - Milliseconds(1));
  EXPECT_FALSE(word(seconds(99), seconds(53), 1)) << "an earlier term has ended";
}

TEST_F(FreshnessTest, FollowsAnAuthorityWhoseClockDriftsBy200Ppm) {
  for (const std::int64_t ppm : {-200, 200}) {
    freshness_ = Freshness();
    for (std::int64_t ms = 0; ms < 86'400'000; ms += 100) {
      ASSERT_TRUE(word(Milliseconds(ms + ms * ppm / 1'000'000), Milliseconds(ms)));
    }
    EXPECT_LE(staleness(Milliseconds(86'399'900)), Milliseconds(2)) << ppm;
  }
}

TEST_F(FreshnessTest, TakesTheBestJourneyAsItsEstimate) {
  ASSERT_TRUE(word(seconds(0), seconds(3)));  // 3 s under way
  ASSERT_TRUE(word(seconds(4), seconds(4)));  // none
  ASSERT_TRUE(word(seconds(5), seconds(7)));  // 2 s
  EXPECT_EQ(staleness(seconds(7)), seconds(2) - Milliseconds(1));
}

TEST_F(FreshnessTest, RefusesWhatIsNoTime) {
  constexpr std::int64_t kLast = 253'402'300'799'999;
  for (const std::int64_t ms : {std::int64_t{-1}, kLast + 1, INT64_MAX, INT64_MIN}) {
    EXPECT_FALSE(freshness_.refresh(1, wall_from_ms(ms), BootTime{}));
  }
  EXPECT_TRUE(freshness_.refresh(1, wall_from_ms(kLast), BootTime{}));
  EXPECT_EQ(freshness_.authority_time(BootTime{}), wall_from_ms(kLast));
}

}  // namespace
}  // namespace rescind::revocation

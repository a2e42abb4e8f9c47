#include "store/bounds.h"

#include <gtest/gtest.h>

#include "store/limits.h"

namespace rescind::store {
namespace {

using std::chrono::seconds;

IssuanceBounds minting(std::int64_t iat, int lifetime) {
  return {wall_from_seconds(iat), seconds(lifetime)};
}

TEST(Bounds, AreRaisedAMinuteAtATime) {
  const StoredBounds first = raised({}, minting(1000, 900));
  EXPECT_EQ(first.bounds.latest_iat, wall_from_seconds(1000) + kBoundStep);
  EXPECT_EQ(first.bounds.longest_lifetime, seconds(900));
  EXPECT_EQ(raised(first, minting(1060, 900)), first);
  EXPECT_EQ(raised(first, minting(1061, 900)).bounds.latest_iat,
            wall_from_seconds(1061) + kBoundStep);
}

TEST(Bounds, NeverFallForAClockThatWasSetBack) {
  const StoredBounds ahead = raised({}, minting(100'000, 900));
  EXPECT_EQ(raised(ahead, minting(1000, 900)), ahead);
}

TEST(Bounds, TakeALongerLifetimeAtOnce) {
  const StoredBounds before = raised({}, minting(1000, 900));
  const StoredBounds after = raised(before, minting(1001, 3600));
  EXPECT_EQ(after.bounds.longest_lifetime, seconds(3600));
}

TEST(Bounds, TakeAShorterLifetimeOnlyWhenTheLongerTokensHaveExpired) {
  const StoredBounds longer = raised({}, minting(1000, 900));  // issued until 1060
  StoredBounds now = raised(longer, minting(1100, 300));
  EXPECT_EQ(now.bounds.longest_lifetime, seconds(900));
  now = raised(now, minting(1200, 200));
  now = raised(now, minting(1060 + 900, 200));
  EXPECT_EQ(now.bounds.longest_lifetime, seconds(900));
  now = raised(now, minting(1060 + 901, 200));
  // Of the shorter ones, the longest that was used in between.
  EXPECT_EQ(now.bounds.longest_lifetime, seconds(300));
}

TEST(Bounds, GoOnFromTheLastTokenOfTheLongestLifetime) {
  StoredBounds now = raised({}, minting(1000, 900));
  now = raised(now, minting(1500, 300));
  now = raised(now, minting(1550, 900));  // covered by the bound of 1560, but a longer token
  now = raised(now, minting(1060 + 901, 300));
  EXPECT_EQ(now.bounds.longest_lifetime, seconds(900));
  now = raised(now, minting(1560 + 901, 300));
  EXPECT_EQ(now.bounds.longest_lifetime, seconds(300));
}

TEST(Bounds, SayUntilWhenARevocationIsNeeded) {
  const IssuanceBounds bounds = minting(1000, 900);
  const auto leeway = static_cast<revocation::UntilSeconds>(kMaxLeeway.count());
  EXPECT_EQ(last_expiry(bounds, wall_from_ms(500'000)), 1900 + leeway);
  EXPECT_EQ(last_expiry(bounds, wall_from_ms(2'000'001)), 2901 + leeway);  // rounded up
}

}  // namespace
}  // namespace rescind::store

#include "authority/rate_limiter.h"

#include <gtest/gtest.h>

#include <string>

namespace rescind::authority {
namespace {

using std::chrono::seconds;

BootTime at(std::int64_t s) { return BootTime(seconds(s)); }

TEST(RateLimiterTest, LetsABurstThroughAndThenAsManyAsTheRateSays) {
  SeededRandom random(1);
  RateLimiter limiter({.burst = 3, .per_minute = 6}, random);
  EXPECT_TRUE(limiter.take("ann", at(0)));
  EXPECT_TRUE(limiter.take("ann", at(0)));
  EXPECT_TRUE(limiter.take("ann", at(0)));
  EXPECT_FALSE(limiter.take("ann", at(0)));
  EXPECT_FALSE(limiter.take("ann", at(9)));
  EXPECT_TRUE(limiter.take("ann", at(11)));
  EXPECT_FALSE(limiter.take("ann", at(11)));
  EXPECT_TRUE(limiter.take("bob", at(11)));
}

TEST(RateLimiterTest, FillsUpToTheBurstAndNoFurther) {
  SeededRandom random(1);
  RateLimiter limiter({.burst = 2, .per_minute = 60}, random);
  EXPECT_TRUE(limiter.take("ann", at(0)));
  EXPECT_TRUE(limiter.take("ann", at(86'400)));
  EXPECT_TRUE(limiter.take("ann", at(86'400)));
  EXPECT_FALSE(limiter.take("ann", at(86'400)));
}

TEST(RateLimiterTest, StaysStrictWhenItsTableIsFull) {
  SeededRandom random(1);
  RateLimiter limiter({.burst = 1, .per_minute = 1}, random, 4);
  int accepted = 0;
  for (int i = 0; i < 1000; ++i)
    accepted += limiter.take("name" + std::to_string(i), at(0)) ? 1 : 0;
  EXPECT_EQ(accepted, 4);
  EXPECT_TRUE(limiter.take("somebody", at(60)));
}

}  // namespace
}  // namespace rescind::authority

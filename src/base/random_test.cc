#include "base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <vector>

namespace rescind {
namespace {

TEST(SeededRandom, IsTheSameForTheSameSeed) {
  SeededRandom a(1);
  SeededRandom b(1);
  SeededRandom other(2);
  EXPECT_EQ(a.hex(40), b.hex(40));
  EXPECT_NE(a.hex(16), other.hex(16));
}

TEST(SeededRandom, GivesTheNumbersOfSplitMix64) {
  SeededRandom random(1234567);
  EXPECT_EQ(random.next_u64(), 6457827717110365317U);
  EXPECT_EQ(random.next_u64(), 3203168211198807973U);
  EXPECT_EQ(random.next_u64(), 9817491932198370423U);
}

TEST(Random, StaysBelowItsBoundAndReachesAllOfIt) {
  SeededRandom random(3);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t value = random.below(7);
    ASSERT_LT(value, 7U);
    seen.insert(value);
  }
  EXPECT_EQ(seen.size(), 7U);
  EXPECT_EQ(random.below(1), 0U);
  EXPECT_DEATH(random.below(0), "CHECK");
}

TEST(SystemRandom, FillsEveryLength) {
  SystemRandom random;
  for (const std::size_t size : {0U, 1U, 7U, 8U, 9U, 300U}) {
    EXPECT_EQ(random.hex(size).size(), 2 * size);
  }
  EXPECT_NE(random.hex(16), random.hex(16));
}

}  // namespace
}  // namespace rescind

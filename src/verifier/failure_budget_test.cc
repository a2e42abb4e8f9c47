#include "verifier/failure_budget.h"

#include <gtest/gtest.h>

namespace rescind::verifier {
namespace {

constexpr Source kSource{17};

BootTime at(std::int64_t ms) { return BootTime(Milliseconds(3'600'000 + ms)); }

TEST(FailureBudget, GivesTheBurstAndThenTheRate) {
  SeededRandom random(1);
  FailureBudget budget(10, 3, random);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(budget.spent(kSource, at(0)));
    budget.charge(kSource, at(0));
  }
  EXPECT_TRUE(budget.spent(kSource, at(0)));
  EXPECT_TRUE(budget.spent(kSource, at(99)));
  EXPECT_FALSE(budget.spent(kSource, at(100)));
  budget.charge(kSource, at(100));
  EXPECT_TRUE(budget.spent(kSource, at(199)));
  EXPECT_FALSE(budget.spent(kSource, at(200)));
}

TEST(FailureBudget, IsFullAgainAfterARestAndNeverMoreThanFull) {
  SeededRandom random(1);
  FailureBudget budget(10, 3, random);
  budget.charge(kSource, at(0));
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(budget.spent(kSource, at(60'000)));
    budget.charge(kSource, at(60'000));
  }
  EXPECT_TRUE(budget.spent(kSource, at(60'000)));
}

TEST(FailureBudget, OfOneSourceIsNotAnothers) {
  SeededRandom random(1);
  FailureBudget budget(1, 1, random);
  budget.charge(kSource, at(0));
  EXPECT_TRUE(budget.spent(kSource, at(0)));
  int others = 0;
  for (std::uint64_t id = 100; id < 200; ++id) others += budget.spent(Source{id}, at(0)) ? 1 : 0;
  EXPECT_LE(others, 1) << "only who shares a bucket by chance";
}

TEST(FailureBudget, KnowsASourceByItsName) {
  SeededRandom random(1);
  SeededRandom another(2);
  const FailureBudget budget(1, 1, random);
  const FailureBudget other_secret(1, 1, another);
  EXPECT_EQ(budget.named("192.0.2.1").id, budget.named("192.0.2.1").id);
  EXPECT_NE(budget.named("192.0.2.1").id, budget.named("192.0.2.2").id);
  EXPECT_NE(budget.named("192.0.2.1").id, other_secret.named("192.0.2.1").id);
  EXPECT_EQ(budget.named("").id, 0U);
}

// A million sources leave it as it was made; together they have no more than its buckets give.
TEST(FailureBudget, BoundsAFloodOfSources) {
  SeededRandom random(1);
  FailureBudget budget(1, 2, random);
  std::size_t checked = 0;
  for (std::uint64_t id = 1; id <= 1'000'000; ++id) {
    if (budget.spent(Source{id}, at(0))) continue;
    budget.charge(Source{id}, at(0));
    ++checked;
  }
  EXPECT_EQ(checked, 2 * FailureBudget::kBuckets);
}

TEST(FailureBudget, OfRateZeroIsNeverSpent) {
  SeededRandom random(1);
  FailureBudget budget(0, 0, random);
  for (int i = 0; i < 1000; ++i) budget.charge(kSource, at(0));
  EXPECT_FALSE(budget.spent(kSource, at(0)));
}

}  // namespace
}  // namespace rescind::verifier

#include "store/batch_plan.h"

#include <gtest/gtest.h>

namespace rescind::store {
namespace {

using revocation::Revocation;

class BatchPlanTest : public testing::Test {
 protected:
  Revocation user(std::string name) {
    return {.target = {"https://auth.example", "sub", std::move(name)}, .until = 100};
  }
  BatchPlan plan_{"https://auth.example", {10, 5}};
};

TEST_F(BatchPlanTest, FollowsTheHead) {
  Revocation one = user("a");
  const auto place = plan_.add(one);
  EXPECT_EQ(place.position, (Position{10, 6}));
  EXPECT_EQ(place.ordinal, 0U);
  EXPECT_EQ(one.cut, (Position{10, 6}));
  EXPECT_EQ(plan_.add(one).ordinal, 1U);
}

TEST_F(BatchPlanTest, PutsEverythingAfterANewTermIntoIt) {
  EXPECT_EQ(plan_.begin_term(20), (Position{20, 6}));
  Revocation one = user("a");
  EXPECT_EQ(plan_.add(one).position, (Position{20, 7}));
}

TEST_F(BatchPlanTest, KeepsTheOrderOfRulesAndRevocations) {
  Revocation before = user("a");
  Revocation after = user("b");
  plan_.add(before);
  EXPECT_EQ(plan_.add(std::make_shared<const revocation::Rules>()), (Position{10, 7}));
  EXPECT_EQ(plan_.add(after).position, (Position{10, 8}));
  EXPECT_EQ(after.cut, (Position{10, 8}));
}

TEST_F(BatchPlanTest, TakesBackWhatCameAfterAMark) {
  Revocation one = user("a");
  plan_.add(one);
  const BatchPlan::Mark mark = plan_.mark();
  for (int i = 0; i < 10'000; ++i) {
    Revocation other = user(std::to_string(i));
    plan_.add(other);
  }
  EXPECT_GT(plan_.batches().size(), 2U);
  plan_.roll_back(mark);
  ASSERT_EQ(plan_.batches().size(), 1U);
  EXPECT_EQ(plan_.batches()[0].revocations.size(), 1U);
  EXPECT_EQ(plan_.add(one).ordinal, 1U);
  plan_.roll_back({});
  EXPECT_TRUE(plan_.empty());
}

TEST_F(BatchPlanTest, OpensAnotherBatchOnlyWhenOneIsFull) {
  std::size_t counted = 0;
  Revocation large = user(std::string(revocation::kMaxValueBytes, 'x'));
  while (plan_.batches().size() < 2) {
    plan_.add(large);
    ++counted;
  }
  const std::size_t full = plan_.batches()[0].bytes;
  EXPECT_EQ(full, plan_.batches()[0].revocations.size() * (full / (counted - 1)));
  EXPECT_LE(full, kMaxPlannedBytes);
  EXPECT_GT(full + full / (counted - 1), kMaxPlannedBytes);
}

}  // namespace
}  // namespace rescind::store

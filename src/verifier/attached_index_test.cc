#include "verifier/attached_index.h"

#include <gtest/gtest.h>

#include "verifier/test_world.h"

namespace rescind::verifier {
namespace {

AttachedIndex attached(const TestWorld& world) { return {world.index->view(), Milliseconds(500)}; }

TEST(AttachedIndex, CountsChangesOfRules) {
  TestWorld world;
  AttachedIndex index = attached(world);
  const std::uint32_t first = index.rules_epoch();
  EXPECT_GT(first, 0U);
  world.revoke("jti", "j-1");
  EXPECT_EQ(index.rules_epoch(), first) << "an entry is no rule";
  world.index->set_rules(std::make_shared<revocation::Rules>());
  EXPECT_NE(index.rules_epoch(), first);
}

// Though the other region's generation is the same number.
TEST(AttachedIndex, CountsChangesOfRegion) {
  TestWorld before;
  TestWorld after;
  AttachedIndex index = attached(before);
  const std::uint32_t first = index.rules_epoch();
  index.replace(after.index->view());
  EXPECT_NE(index.rules_epoch(), first);
}

TEST(AttachedIndex, HasTheRulesOfAnIssuer) {
  TestWorld world;
  const AttachedIndex index = attached(world);
  ASSERT_NE(index.rules_of(TestWorld::kIssuer), nullptr);
  EXPECT_EQ(index.rules_of(TestWorld::kIssuer)->session_claims.front(), "sid");
  EXPECT_EQ(index.rules_of("https://other.test"), nullptr);
}

TEST(AttachedIndex, SaysHowOldItsKnowledgeIs) {
  TestWorld world;
  const AttachedIndex index = attached(world);
  EXPECT_EQ(index.staleness(world.now), Milliseconds(0));
  const Now later{.wall = world.now.wall + std::chrono::seconds(2),
                  .boot = world.now.boot + std::chrono::seconds(2)};
  EXPECT_GT(index.staleness(later), Milliseconds(1900));
  world.state.can_follow = false;
  world.hear(later);
  EXPECT_EQ(index.staleness(later), Milliseconds::max());
}

}  // namespace
}  // namespace rescind::verifier

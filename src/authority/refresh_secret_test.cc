#include "authority/refresh_secret.h"

#include <gtest/gtest.h>

#include <set>

namespace rescind::authority {
namespace {

TEST(RefreshSecretTest, DerivesOneSuccessorPerParentAndMasterKey) {
  SeededRandom random(1);
  const MasterKey key(Secret(std::string(32, 'a')));
  const MasterKey other(Secret(std::string(32, 'b')));
  const Secret parent = first_refresh_token(random);
  const Secret successor = successor_of(parent, key);
  EXPECT_TRUE(successor.equals(successor_of(parent, key).expose()));
  EXPECT_FALSE(successor.equals(parent.expose()));
  EXPECT_FALSE(successor.equals(successor_of(parent, other).expose()));
  EXPECT_FALSE(successor.equals(successor_of(successor, key).expose()));
  EXPECT_TRUE(looks_like_refresh_token(parent.expose()));
  EXPECT_TRUE(looks_like_refresh_token(successor.expose()));
  EXPECT_FALSE(looks_like_refresh_token("eyJhbGciOiJFUzI1NiJ9.e30.AA"));
  EXPECT_FALSE(looks_like_refresh_token(std::string(parent.expose()) + "A"));
}

TEST(RefreshSecretTest, MakesEachTokenAndIdAnew) {
  SystemRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(seen.emplace(first_refresh_token(random).expose()).second);
    EXPECT_TRUE(seen.insert(random_id("s_", random)).second);
  }
}

}  // namespace
}  // namespace rescind::authority

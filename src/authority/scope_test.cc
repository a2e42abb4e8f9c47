#include "authority/scope.h"

#include <gtest/gtest.h>

#include <string>

#include "authority/limits.h"

namespace rescind::authority {
namespace {

TEST(ScopeTest, IsWithinAnotherWordByWord) {
  EXPECT_TRUE(scope_within("", ""));
  EXPECT_TRUE(scope_within("", "read"));
  EXPECT_TRUE(scope_within("read", "write read"));
  EXPECT_TRUE(scope_within("write read", "read write"));
  EXPECT_FALSE(scope_within("rea", "read"));
  EXPECT_FALSE(scope_within("read admin", "read"));
  EXPECT_FALSE(scope_within("read", ""));
}

TEST(ScopeTest, HasTheCharactersOfRfc6749) {
  EXPECT_TRUE(is_scope(""));
  EXPECT_TRUE(is_scope("orders:read orders.write"));
  EXPECT_FALSE(is_scope("a  b"));
  EXPECT_FALSE(is_scope(" a"));
  EXPECT_FALSE(is_scope("a "));
  EXPECT_FALSE(is_scope("a\"b"));
  EXPECT_FALSE(is_scope("a\\b"));
  EXPECT_FALSE(is_scope("a\nb"));
  EXPECT_FALSE(is_scope("\xc3\xa4"));
  EXPECT_TRUE(is_scope(std::string(kMaxScopeBytes, 'x')));
  EXPECT_FALSE(is_scope(std::string(kMaxScopeBytes + 1, 'x')));
}

}  // namespace
}  // namespace rescind::authority

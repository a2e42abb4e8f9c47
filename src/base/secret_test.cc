#include "base/secret.h"

#include <gtest/gtest.h>

#include <concepts>
#include <ostream>

namespace rescind {
namespace {

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
static_assert(!Printable<Secret>, "a secret is not written anywhere by mistake");
static_assert(!std::equality_comparable<Secret>, "a secret is compared by equals() alone");

TEST(Secret, ComparesByValue) {
  const Secret secret("hunter2");
  EXPECT_TRUE(secret.equals("hunter2"));
  EXPECT_FALSE(secret.equals("hunter3"));
  EXPECT_FALSE(secret.equals("hunter"));
  EXPECT_FALSE(secret.equals(""));
  EXPECT_TRUE(Secret().equals(""));
}

TEST(Secret, LeavesNothingBehindWhereItIsMovedFrom) {
  for (const std::string& value : {std::string("short"), std::string(100, 'x')}) {
    Secret from(value);
    Secret to(std::move(from));
    EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(to.expose(), value);
    Secret assigned("old");
    assigned = std::move(to);
    EXPECT_TRUE(to.empty());  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(assigned.expose(), value);
  }
}

TEST(Secret, IsCopiedWhole) {
  Secret original("value");
  Secret copy("longer than it");
  copy = original;
  EXPECT_EQ(copy.expose(), "value");
  const Secret& itself = copy;
  copy = itself;
  EXPECT_EQ(copy.expose(), "value");
  EXPECT_EQ(original.expose(), "value");
}

}  // namespace
}  // namespace rescind

#include "cli/roles/child.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace rescind::cli {
namespace {

class Children : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "rescind-child-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    log = pattern + "/log";
  }
  std::string logged() const {
    std::ifstream file(log);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  std::string log;
};

TEST_F(Children, WriteIntoTheirLogAndEndWithAStatus) {
  auto child = Child::start({"sh", "-c", "echo out; echo err >&2; exit 3"}, log);
  ASSERT_TRUE(child.has_value());
  while (!(*child)->ended()) {
  }
  EXPECT_EQ((*child)->ended(), 3);
  EXPECT_EQ(logged(), "out\nerr\n");
}

TEST_F(Children, AreEndedByTheirOwnId) {
  auto child = Child::start({"sleep", "600"}, log);
  ASSERT_TRUE(child.has_value());
  const pid_t id = (*child)->id();
  EXPECT_EQ(kill(id, 0), 0);
  child->reset();
  EXPECT_NE(kill(id, 0), 0);
}

TEST_F(Children, ThatDoNotExistAreAnError) {
  const auto child = Child::start({"rescind-no-such-program"}, log);
  ASSERT_FALSE(child.has_value());
  EXPECT_EQ(child.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace rescind::cli

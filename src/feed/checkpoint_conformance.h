#pragma once
// What every Checkpoint has to do. An adapter's test includes this once and says
//
//   INSTANTIATE_TEST_SUITE_P(File, CheckpointConformance, testing::Values(make_under_test));

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "feed/ports.h"

namespace rescind::feed {

// A place with nothing in it yet, which every `open()` finds again as a new process would.
class CheckpointUnderTest {
 public:
  virtual ~CheckpointUnderTest() = default;
  virtual std::unique_ptr<Checkpoint> open() = 0;
};

using MakeCheckpointUnderTest = std::function<std::unique_ptr<CheckpointUnderTest>()>;

class CheckpointConformance : public testing::TestWithParam<MakeCheckpointUnderTest> {
 protected:
  void SetUp() override { under_test_ = GetParam()(); }
  std::unique_ptr<CheckpointUnderTest> under_test_;
};

TEST_P(CheckpointConformance, IsEmptyAtFirst) {
  const auto blob = under_test_->open()->load();
  ASSERT_TRUE(blob.has_value()) << blob.error().message;
  EXPECT_EQ(*blob, std::nullopt);
}

TEST_P(CheckpointConformance, KeepsTheLastBlobOverRestarts) {
  const std::string kBlobs[] = {"first", std::string("\0\r\n\xff", 4),
                                std::string(std::size_t{3} << 20U, 'x'), "", "last"};
  for (const auto& blob : kBlobs) {
    const auto saved = under_test_->open()->save(blob);
    ASSERT_TRUE(saved.has_value()) << saved.error().message;
    const auto loaded = under_test_->open()->load();
    ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
    ASSERT_TRUE(loaded->has_value());
    EXPECT_TRUE(**loaded == blob) << "of " << blob.size() << " bytes";
  }
}

}  // namespace rescind::feed

#pragma once
// What every BatchLog has to do. An adapter's test includes this once and says
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, BatchLogConformance, testing::Values(make_log_under_test));

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "feed/manifest.h"
#include "feed/ports.h"

namespace rescind::feed {

// A log with nothing but its first batch or batches, and what a test has to be able to do to it.
class BatchLogUnderTest {
 public:
  virtual ~BatchLogUnderTest() = default;
  virtual BatchLog& log() = 0;
  virtual const jwt::KeySet& keys() = 0;  // that its batches and snapshots are signed with
  // Commits so many batches of one revocation each.
  virtual void commit(std::size_t batches) = 0;
  // Lets go of all but the last few; false where this log cannot be made to.
  virtual bool keep_tail(std::size_t /*batches*/) { return false; }
};

using MakeBatchLogUnderTest = std::function<std::unique_ptr<BatchLogUnderTest>()>;

class BatchLogConformance : public testing::TestWithParam<MakeBatchLogUnderTest> {
 protected:
  void SetUp() override { under_test_ = GetParam()(); }
  BatchLog& log() { return under_test_->log(); }
  Head head() {
    const auto head = log().head();
    EXPECT_TRUE(head.has_value()) << (head ? "" : head.error().message);
    return head.value_or(Head{});
  }
  std::vector<Sealed> read_after(Position after, std::size_t limit = 1000) {
    auto batches = log().read_after(after, limit);
    EXPECT_TRUE(batches.has_value()) << (batches ? "" : batches.error().message);
    return std::move(batches).value_or(std::vector<Sealed>{});
  }

  std::unique_ptr<BatchLogUnderTest> under_test_;
};

TEST_P(BatchLogConformance, HasNoHolesAndEachBatchNamesTheOneBefore) {
  under_test_->commit(20);
  Digest previous{};
  std::uint64_t number = 0;
  for (const auto& sealed : read_after(Position{})) {
    EXPECT_EQ(sealed.position.number, ++number);
    EXPECT_EQ(sealed.hash, sha256(sealed.jws));
    const auto word = read_word(sealed.jws);
    ASSERT_TRUE(word.has_value()) << word.error().message;
    const auto& batch = std::get<Batch>(word->content);
    EXPECT_EQ(batch.position, sealed.position);
    EXPECT_EQ(batch.previous, previous);
    EXPECT_TRUE(signed_by(sealed.jws, word->key_id, under_test_->keys()));
    previous = sealed.hash;
  }
  EXPECT_EQ(head().position.number, number);
  EXPECT_EQ(head().hash, previous);
  EXPECT_GE(number, 20U);
}

TEST_P(BatchLogConformance, GivesAtMostWhatWasAskedForInOrder) {
  under_test_->commit(10);
  const auto all = read_after(Position{});
  Position after{};
  std::size_t read = 0;
  for (auto some = read_after(after, 3); !some.empty(); some = read_after(after, 3)) {
    EXPECT_LE(some.size(), 3U);
    for (const auto& sealed : some) EXPECT_EQ(sealed.hash, all.at(read++).hash);
    after = some.back().position;
  }
  EXPECT_EQ(read, all.size());
}

TEST_P(BatchLogConformance, HasNothingAfterItsHead) {
  under_test_->commit(3);
  EXPECT_TRUE(read_after(head().position).empty());
}

TEST_P(BatchLogConformance, SaysWhereAPositionIsNoneOfItsOwn) {
  under_test_->commit(3);
  Position beyond = head().position;
  ++beyond.number;
  Position other_term = head().position;
  ++other_term.term;
  Position earlier_term = head().position;
  earlier_term.term = 1;
  for (const Position position : {beyond, other_term, earlier_term}) {
    const auto batches = log().read_after(position, 10);
    ASSERT_FALSE(batches.has_value()) << revocation::to_string(position);
    EXPECT_EQ(batches.error().code, ErrorCode::kConflict);
  }
}

TEST_P(BatchLogConformance, SaysWhereItDoesNotReachBack) {
  under_test_->commit(20);
  const auto all = read_after(Position{});
  if (!under_test_->keep_tail(5)) GTEST_SKIP() << "its tail cannot be cut by a test";
  const auto gone = log().read_after(all.front().position, 10);
  ASSERT_FALSE(gone.has_value());
  EXPECT_EQ(gone.error().code, ErrorCode::kGone);
  EXPECT_EQ(read_after(all.at(all.size() - 4).position).size(), 3U);
}

TEST_P(BatchLogConformance, ItsSnapshotIsSignedAndItsTailReachesBackToIt) {
  under_test_->commit(20);
  const auto snapshot = log().snapshot();
  ASSERT_TRUE(snapshot.has_value()) << snapshot.error().message;
  const auto manifest = open_manifest(snapshot->manifest, under_test_->keys());
  ASSERT_TRUE(manifest.has_value()) << manifest.error().message;
  ASSERT_EQ(manifest->segments.size(), snapshot->segments.size());
  for (std::size_t i = 0; i < manifest->segments.size(); ++i) {
    EXPECT_EQ(sha256(snapshot->segments[i]), manifest->segments[i]);
  }
  under_test_->commit(3);
  const auto tail = read_after(manifest->position);
  ASSERT_FALSE(tail.empty());
  const auto word = read_word(tail.front().jws);
  EXPECT_EQ(std::get<Batch>(word->content).previous, manifest->head);
  EXPECT_EQ(tail.back().position, head().position);
}

}  // namespace rescind::feed

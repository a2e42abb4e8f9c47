#include "authority/propagation.h"

#include <gtest/gtest.h>

namespace rescind::authority {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

BootTime at(std::int64_t ms) { return BootTime(milliseconds(ms)); }

TEST(CommitTimes, KnowsWhichCommitsLieBetweenTwoPositions) {
  CommitTimes times;
  times.note({.before = {7, 1}, .head = {7, 3}}, at(10));  // two batches
  times.note({.before = {7, 3}, .head = {7, 4}, .wants_receipts = true}, at(20));
  times.note({.before = {7, 4}, .head = {8, 5}}, at(30));  // began a term
  EXPECT_TRUE(times.between({7, 1}, {7, 2}).empty()) << "half of a commit";
  ASSERT_EQ(times.between({7, 1}, {7, 4}).size(), 2U);
  EXPECT_EQ(times.between({7, 3}, {8, 5}).front().at, at(20));
  EXPECT_TRUE(times.between({7, 3}, {8, 5}).front().wants_receipts);
  EXPECT_TRUE(times.between({8, 5}, {9, 9}).empty());
  EXPECT_TRUE(times.between({8, 5}, {7, 1}).empty()) << "the wrong way round";
  EXPECT_TRUE(times.between({7, 1}, {7, 4}).front().carries({7, 2}));
  EXPECT_FALSE(times.between({7, 1}, {7, 4}).front().carries({7, 1}));

  EXPECT_EQ(times.first_after({7, 2}), at(10));
  EXPECT_EQ(times.first_after({7, 4}), at(30));
  EXPECT_EQ(times.first_after({8, 5}), std::nullopt);
  EXPECT_EQ(times.first_after({6, 9}), std::nullopt) << "since when is not known";
}

TEST(CommitTimes, KeepsSoManyForSoLong) {
  CommitTimes times;
  const auto note = [&times](std::uint64_t number, BootTime when) {
    times.note({.before = {7, number - 1}, .head = {7, number}}, when);
  };
  for (std::uint64_t i = 1; i <= CommitTimes::kMaxCommits; ++i) note(i, at(1));
  EXPECT_EQ(times.between({0, 0}, {9, 0}).size(), CommitTimes::kMaxCommits);
  note(CommitTimes::kMaxCommits + 1, at(1));
  EXPECT_EQ(times.between({0, 0}, {9, 0}).size(), CommitTimes::kMaxCommits);
  note(CommitTimes::kMaxCommits + 2, at(1) + CommitTimes::kKept);
  EXPECT_EQ(times.between({0, 0}, {9, 0}).size(), CommitTimes::kMaxCommits);
  note(CommitTimes::kMaxCommits + 3, at(2) + CommitTimes::kKept);
  EXPECT_EQ(times.between({0, 0}, {9, 0}).size(), 2U);
}

TEST(RecentDelays, SummarisesWhatIsNotTooOld) {
  RecentDelays delays;
  EXPECT_EQ(delays.summary(at(0)).count, 0U);
  delays.add(milliseconds(1), at(0));
  EXPECT_EQ(delays.summary(at(0)).p50, milliseconds(1));
  EXPECT_EQ(delays.summary(at(0)).p99, milliseconds(1));
  for (int i = 2; i <= 100; ++i) delays.add(milliseconds(i), at(1));
  EXPECT_EQ(delays.summary(at(1)).count, 100U);
  EXPECT_EQ(delays.summary(at(1)).p50, milliseconds(50));
  EXPECT_EQ(delays.summary(at(1)).p99, milliseconds(99));
  EXPECT_EQ(delays.summary(at(1) + RecentDelays::kKept).count, 99U);
  EXPECT_EQ(delays.summary(at(2) + RecentDelays::kKept).count, 0U);
  for (std::size_t i = 0; i <= RecentDelays::kMaxKept; ++i) delays.add(milliseconds(i), at(2));
  EXPECT_EQ(delays.summary(at(2)).count, RecentDelays::kMaxKept);
}

}  // namespace
}  // namespace rescind::authority

#pragma once
// What every Origin has to do. An adapter's test includes this once and says
//
//   INSTANTIATE_TEST_SUITE_P(Poll, OriginConformance, testing::Values(make_origin_under_test));

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>

#include "feed/authority_for_test.h"
#include "feed/ports.h"
#include "feed/snapshot.h"

namespace rescind::feed {

// An origin that answers out of `authority()`.
class OriginUnderTest {
 public:
  virtual ~OriginUnderTest() = default;
  virtual Origin& origin() = 0;
  virtual AuthorityForTest& authority() = 0;
  virtual std::vector<Report> reports() = 0;  // that have come to the authority
  // Runs loops until `done` says so; false when it gives up.
  virtual bool run_until(const std::function<bool()>& done) = 0;
};

using MakeOriginUnderTest = std::function<std::unique_ptr<OriginUnderTest>()>;

class OriginConformance : public testing::TestWithParam<MakeOriginUnderTest> {
 protected:
  void SetUp() override { under_test_ = GetParam()(); }
  AuthorityForTest& authority() { return under_test_->authority(); }
  Origin& origin() { return under_test_->origin(); }

  void revoke(int batches) {
    for (int i = 0; i < batches; ++i) {
      authority().revoke({revoke_session("s-" + std::to_string(i))});
    }
  }
  // Asks, waits, and sees to it that there is exactly one answer.
  template <typename T>
  Result<T> answer(const std::function<void(Origin::Then<T>)>& ask) {
    std::vector<Result<T>> answers;
    ask([&answers](Result<T> one) { answers.push_back(std::move(one)); });
    EXPECT_TRUE(under_test_->run_until([&answers] { return !answers.empty(); }));
    EXPECT_EQ(answers.size(), 1U);
    if (answers.empty()) return fail(ErrorCode::kTimeout, "no answer");
    return std::move(answers.front());
  }
  Result<std::vector<std::string>> batches_after(Position after) {
    return answer<std::vector<std::string>>(
        [&](auto then) { origin().batches_after(after, std::move(then)); });
  }

  std::unique_ptr<OriginUnderTest> under_test_;
};

TEST_P(OriginConformance, GivesTheBatchesAfterAPositionInOrder) {
  revoke(50);
  const auto& log = authority().log();
  std::size_t next = 5;
  while (next < log.size()) {
    const auto batches = batches_after(log[next - 1].position);
    ASSERT_TRUE(batches.has_value()) << batches.error().message;
    ASSERT_FALSE(batches->empty());
    for (const auto& jws : *batches) EXPECT_EQ(jws, log.at(next++).jws);
  }
}

TEST_P(OriginConformance, SaysWhereAPositionIsNoneOfItsOwn) {
  revoke(3);
  const Position beyond{.term = authority().position().term + 1, .number = 99};
  EXPECT_EQ(batches_after(beyond).error().code, ErrorCode::kConflict);
}

TEST_P(OriginConformance, SaysWhereItDoesNotReachBack) {
  revoke(20);
  const Position first = authority().log().front().position;
  authority().keep_tail(5);
  EXPECT_EQ(batches_after(first).error().code, ErrorCode::kGone);
}

TEST_P(OriginConformance, GivesASnapshotThatCanBeBelieved) {
  revoke(20);
  const auto snapshot = answer<Snapshot>([&](auto then) { origin().snapshot(std::move(then)); });
  ASSERT_TRUE(snapshot.has_value()) << snapshot.error().message;
  const auto opened = open_snapshot(*snapshot, *test_keys({0}));
  ASSERT_TRUE(opened.has_value()) << opened.error().message;
  EXPECT_EQ(opened->manifest.position, authority().position());
  EXPECT_EQ(opened->entries.size(), 20U);
}

TEST_P(OriginConformance, SaysWhatTheHeadIs) {
  revoke(3);
  const auto jws = answer<std::string>([&](auto then) { origin().heartbeat(std::move(then)); });
  ASSERT_TRUE(jws.has_value()) << jws.error().message;
  const auto word = read_word(*jws);
  ASSERT_TRUE(word.has_value()) << word.error().message;
  EXPECT_EQ(std::get<Heartbeat>(word->content).head, authority().position());
  EXPECT_EQ(std::get<Heartbeat>(word->content).hash, authority().last().hash);
}

TEST_P(OriginConformance, PassesReportsUp) {
  const Report sent{.follower = "f-1",
                    .applied = authority().position(),
                    .hash = authority().last().hash,
                    .policy = "refuse after 30 s",
                    .proof = authority().heartbeat()};
  const auto taken = answer<void>([&](auto then) { origin().report(sent, std::move(then)); });
  ASSERT_TRUE(taken.has_value()) << taken.error().message;
  const auto reports = under_test_->reports();
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].follower, sent.follower);
  EXPECT_EQ(reports[0].applied, sent.applied);
  EXPECT_EQ(reports[0].hash, sent.hash);
  EXPECT_EQ(reports[0].policy, sent.policy);
  EXPECT_EQ(reports[0].proof, sent.proof);
}

}  // namespace rescind::feed

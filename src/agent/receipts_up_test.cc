#include "agent/receipts_up.h"

#include <gtest/gtest.h>

namespace rescind::agent {
namespace {

using feed::Position;
using feed::Report;

// Keeps what is reported until the test answers.
class UpstreamForTest final : public feed::Origin {
 public:
  void batches_after(Position, Then<std::vector<std::string>>) override {}
  void snapshot(Then<feed::Snapshot>) override {}
  void heartbeat(Then<std::string>) override {}
  void report(const Report& report, Then<void> then) override {
    reports.push_back(report);
    waiting.push_back(std::move(then));
  }
  void answer_all(const Result<void>& with = {}) {
    for (auto& then : std::exchange(waiting, {})) then(with);
  }
  std::vector<Report> reports;
  std::vector<Then<void>> waiting;
};

Report report(std::string name, std::uint64_t number) {
  return {.follower = std::move(name),
          .applied = {1, number},
          .hash = {},
          .policy = "refuse 30000",
          .proof = std::nullopt};
}

class ReceiptsUpTest : public testing::Test {
 protected:
  Result<void> take(Report report) {
    Result<void> result = fail(ErrorCode::kInternal, "not answered");
    receipts.take(std::move(report), now, [&result](Result<void> answer) { result = answer; });
    return result;
  }
  // One millisecond at a time.
  void run(Milliseconds by) {
    for (const BootTime end = now + by; now < end; now += Milliseconds(1)) receipts.step(now);
  }

  BootTime now{std::chrono::hours(1)};
  UpstreamForTest upstream;
  ReceiptsUp receipts{{.every = Milliseconds(1000),
                       .followers = 3,
                       .under_way = 2,
                       .proofs_under_way = 2,
                       .forget_after = Milliseconds(600'000)},
                      upstream,
                      nullptr};
};

TEST_F(ReceiptsUpTest, TellsEachFollowersOwnAndTheNewestAtMostOnceASecond) {
  EXPECT_TRUE(take(report("a", 1)));
  EXPECT_TRUE(take(report("b", 7)));
  receipts.step(now);
  ASSERT_EQ(upstream.reports.size(), 2U) << "the first at once";
  upstream.answer_all();
  for (std::uint64_t number = 2; number < 10; ++number) EXPECT_TRUE(take(report("a", number)));
  run(Milliseconds(999));
  EXPECT_EQ(upstream.reports.size(), 2U);
  run(Milliseconds(2));
  ASSERT_EQ(upstream.reports.size(), 3U);
  EXPECT_EQ(upstream.reports.back().follower, "a");
  EXPECT_EQ(upstream.reports.back().applied.number, 9U);
  upstream.answer_all();
  run(Milliseconds(5000));
  EXPECT_EQ(upstream.reports.size(), 3U) << "nothing new, nothing told";
}

TEST_F(ReceiptsUpTest, TellsAtOnceWhereABatchHasAskedForIt) {
  EXPECT_TRUE(take(report("a", 1)));
  receipts.step(now);
  upstream.answer_all();
  receipts.batch_wants_receipt({1, 5});
  EXPECT_TRUE(take(report("a", 4)));
  receipts.step(now);
  EXPECT_EQ(upstream.reports.size(), 1U) << "not there yet";
  EXPECT_TRUE(take(report("a", 5)));
  receipts.step(now);
  ASSERT_EQ(upstream.reports.size(), 2U);
  upstream.answer_all();
  EXPECT_TRUE(take(report("a", 6)));
  receipts.step(now);
  EXPECT_EQ(upstream.reports.size(), 2U) << "once";
}

TEST_F(ReceiptsUpTest, TheAgeOfWhatWasAppliedGrowsWhileItWaits) {
  EXPECT_TRUE(take(report("a", 1)));
  receipts.step(now);
  upstream.answer_all();
  Report aged = report("a", 2);
  aged.age = std::chrono::microseconds(500);
  EXPECT_TRUE(take(aged));
  run(Milliseconds(1'001));
  ASSERT_EQ(upstream.reports.size(), 2U);
  EXPECT_EQ(upstream.reports.back().age, std::chrono::microseconds(1'000'500));
}

TEST_F(ReceiptsUpTest, OneUnderWayForEachAndSoManyInAll) {
  for (const char* name : {"a", "b", "c"}) EXPECT_TRUE(take(report(name, 1)));
  receipts.step(now);
  EXPECT_EQ(upstream.reports.size(), 2U) << "the limit of all";
  EXPECT_TRUE(take(report("a", 2)));
  run(Milliseconds(3000));
  EXPECT_EQ(upstream.reports.size(), 2U);
  upstream.answer_all();
  run(Milliseconds(3));
  EXPECT_EQ(upstream.reports.size(), 4U);
}

TEST_F(ReceiptsUpTest, WhatCouldNotBeToldIsToldAgainAndWhatWasRefusedIsNot) {
  EXPECT_TRUE(take(report("a", 1)));
  receipts.step(now);
  upstream.answer_all(fail(ErrorCode::kUnavailable, "away"));
  run(Milliseconds(1001));
  ASSERT_EQ(upstream.reports.size(), 2U);
  upstream.answer_all(fail(ErrorCode::kInvalid, "forged"));
  run(Milliseconds(3000));
  EXPECT_EQ(upstream.reports.size(), 2U);
  EXPECT_EQ(receipts.refused(), 1U);
}

TEST_F(ReceiptsUpTest, RemembersSoManyFollowersAndNotOneMore) {
  for (const char* name : {"a", "b", "c"}) EXPECT_TRUE(take(report(name, 1)));
  EXPECT_EQ(take(report("d", 1)).error().code, ErrorCode::kExhausted);
  EXPECT_TRUE(take(report("a", 2))) << "who is known may go on";
  receipts.step(now);
  upstream.answer_all();
  receipts.step(now);
  upstream.answer_all();
  now += Milliseconds(600'001);
  receipts.step(now);
  EXPECT_EQ(receipts.followers(), 0U);
  EXPECT_TRUE(take(report("d", 1)));
}

TEST_F(ReceiptsUpTest, AProofIsAnsweredWithWhatUpstreamSays) {
  Report proof = report("a", 1);
  proof.proof = "signed";
  std::vector<Result<void>> answers;
  const auto show = [&] {
    receipts.take(proof, now, [&answers](Result<void> answer) { answers.push_back(answer); });
  };
  show();
  show();
  EXPECT_EQ(upstream.reports.size(), 2U) << "at once, whoever shows it";
  EXPECT_TRUE(answers.empty());
  show();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].error().code, ErrorCode::kExhausted) << "one past the limit";
  upstream.answer_all(fail(ErrorCode::kUnavailable, "away"));
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers[2].error().code, ErrorCode::kUnavailable);
  show();
  upstream.answer_all();
  ASSERT_EQ(answers.size(), 4U);
  EXPECT_TRUE(answers[3]);
}

}  // namespace
}  // namespace rescind::agent

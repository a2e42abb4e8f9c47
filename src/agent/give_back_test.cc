#include "agent/give_back.h"

#include <gtest/gtest.h>

namespace rescind::agent {
namespace {

class AuthorityWithALoss final : public feed::Origin {
 public:
  void batches_after(feed::Position, Then<std::vector<std::string>>) override {}
  void snapshot(Then<feed::Snapshot>) override {}
  void heartbeat(Then<std::string>) override {}
  void report(const feed::Report&, Then<void>) override {}
  void give_back(const std::vector<std::string>& words, Then<bool> then) override {
    given.push_back(words);
    if (keeps) return waiting.push_back(std::move(then));
    then(answer);
  }
  std::vector<std::vector<std::string>> given;
  std::vector<Then<bool>> waiting;
  Result<bool> answer = true;
  bool keeps = false;
};

std::vector<std::string> batches(std::size_t count, std::size_t bytes = 8) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < count; ++i) {
    words.push_back(std::to_string(i) + std::string(bytes, '.'));
  }
  return words;
}

class GiveBackTest : public testing::Test {
 protected:
  void run(Milliseconds by) {
    for (const BootTime end = now + by; now < end; now += Milliseconds(1)) give_back.step(now);
  }
  BootTime now{std::chrono::hours(1)};
  AuthorityWithALoss authority;
  GiveBack give_back{authority, nullptr};
};

TEST_F(GiveBackTest, GivesTheNewestFirstUntilNoMoreIsNeeded) {
  const auto lost = batches(GiveBack::kWordsAtOnce + 2);
  give_back.begin(lost, now);
  run(Milliseconds(10));
  ASSERT_EQ(authority.given.size(), 2U);
  EXPECT_EQ(authority.given[0].size(), GiveBack::kWordsAtOnce);
  EXPECT_EQ(authority.given[0].front(), lost.back());
  EXPECT_EQ(authority.given[1], (std::vector{lost[1], lost[0]}));
  EXPECT_TRUE(give_back.under_way()) << "the authority has not said that it has all";
  run(GiveBack::kAgain);
  EXPECT_EQ(authority.given.size(), 4U) << "again";
  authority.answer = false;
  run(2 * GiveBack::kAgain);
  EXPECT_EQ(authority.given.size(), 5U);
  EXPECT_FALSE(give_back.under_way());
}

TEST_F(GiveBackTest, GivesSoManyBytesAtOnceOrOneBatch) {
  give_back.begin(batches(3, GiveBack::kBytesAtOnce / 2 - 1), now);
  run(Milliseconds(5));
  ASSERT_EQ(authority.given.size(), 2U);
  EXPECT_EQ(authority.given[0].size(), 2U);
  authority.given.clear();
  give_back.begin(batches(3, GiveBack::kBytesAtOnce + 1), now);
  run(Milliseconds(5));
  EXPECT_EQ(authority.given.size(), 3U);
}

TEST_F(GiveBackTest, TriesAgainWhereNobodyAnswersAndGivesUpAfterAWhile) {
  authority.answer = fail(ErrorCode::kUnavailable, "away");
  give_back.begin(batches(1), now);
  run(Milliseconds(1'100));
  EXPECT_EQ(authority.given.size(), 3U);
  run(GiveBack::kAtMost);
  EXPECT_FALSE(give_back.under_way());
  const std::size_t tries = authority.given.size();
  run(Milliseconds(2'000));
  EXPECT_EQ(authority.given.size(), tries);
}

TEST_F(GiveBackTest, PassesOnSoMuchOfOthersAndNotMore) {
  authority.keeps = true;
  std::vector<Result<bool>> answers;
  const auto take = [&answers](Result<bool> answer) { answers.push_back(std::move(answer)); };
  for (std::size_t i = 0; i < GiveBack::kPassedOn; ++i) give_back.pass_on(batches(1), take);
  EXPECT_TRUE(answers.empty());
  give_back.pass_on(batches(1), take);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].error().code, ErrorCode::kExhausted);
  authority.waiting.front()(true);
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[1], true);
  give_back.pass_on(batches(1), take);
  EXPECT_EQ(answers.size(), 2U) << "under way";
}

}  // namespace
}  // namespace rescind::agent

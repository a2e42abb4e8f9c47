#include "authority/followers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "authority/limits.h"
#include "jwt/signing_key.h"

namespace rescind::authority {
namespace {

using std::chrono::seconds;

// A log of ten batches in memory; what is older than number 3 is gone.
class LogOfTen final : public feed::BatchLog {
 public:
  LogOfTen() {
    const auto key = jwt::SigningKey::generate(jwt::Algorithm::kEdDsa);
    Digest previous{};
    for (std::uint64_t number = 1; number <= 10; ++number) {
      feed::Batch batch;
      batch.issuer = "https://auth.example";
      batch.feed = "default";
      batch.position = {7, number};
      batch.at = wall_from_ms(1'800'000'000'000);
      batch.previous = previous;
      batches_.push_back(*feed::seal(batch, *key));
      previous = batches_.back().hash;
    }
  }
  Result<feed::Head> head() override {
    return feed::Head{.position = batches_.back().position, .hash = batches_.back().hash, .at = {}};
  }
  Result<std::vector<feed::Sealed>> read_after(Position after, std::size_t) override {
    if (after.term != 7 || after.number >= 10) return fail(ErrorCode::kConflict, "not here");
    if (after.number < 3) return fail(ErrorCode::kGone, "too old");
    return std::vector<feed::Sealed>{batches_[after.number]};
  }
  Result<feed::Snapshot> snapshot() override { return fail(ErrorCode::kInternal, "none"); }

  feed::Report report(const std::string& name, std::uint64_t number,
                      const std::string& policy = "refuse 30000") const {
    return {.follower = name,
            .applied = {7, number},
            .hash = batches_[number - 1].hash,
            .policy = policy,
            .proof = std::nullopt};
  }

 private:
  std::vector<feed::Sealed> batches_;
};

Now at(std::int64_t s) { return {wall_from_seconds(1'800'000'000 + s), BootTime(seconds(s))}; }

class FollowersTest : public testing::Test {
 protected:
  std::optional<ErrorCode> refusal(const feed::Report& report) {
    const auto received = followers_.receive(report, at(0));
    if (received) return std::nullopt;
    return received.error().code;
  }
  std::string states(std::uint64_t number, std::int64_t now) {
    std::string text;
    for (const auto& reach : followers_.reach({7, number}, at(now).boot).followers) {
      text += reach.name + "=" + std::to_string(static_cast<int>(reach.state)) + " ";
    }
    return text;
  }

  LogOfTen log_;
  Followers followers_{log_};
};

TEST_F(FollowersTest, TakeTrueReceiptsAlone) {
  EXPECT_EQ(refusal(log_.report("a", 10)), std::nullopt);
  EXPECT_EQ(refusal(log_.report("b", 5)), std::nullopt);
  feed::Report forged = log_.report("c", 10);
  forged.hash[3] ^= 1U;
  EXPECT_EQ(refusal(forged), ErrorCode::kInvalid);
  forged = log_.report("c", 5);
  forged.hash[3] ^= 1U;
  EXPECT_EQ(refusal(forged), ErrorCode::kInvalid);
  forged = log_.report("c", 10);
  forged.applied = {7, 11};
  EXPECT_EQ(refusal(forged), ErrorCode::kConflict);
  forged.applied = {8, 10};
  EXPECT_EQ(refusal(forged), ErrorCode::kConflict);
  EXPECT_EQ(refusal(log_.report("c", 2)), ErrorCode::kGone);
  EXPECT_EQ(refusal(log_.report("", 10)), ErrorCode::kInvalid);
  EXPECT_EQ(refusal(log_.report(std::string(kMaxClientIdBytes + 1, 'x'), 10)), ErrorCode::kInvalid);
  EXPECT_EQ(refusal(log_.report("c", 10, std::string(kMaxPolicyBytes + 1, 'x'))),
            ErrorCode::kInvalid);
  EXPECT_EQ(followers_.all().size(), 2U);
}

TEST_F(FollowersTest, ReadPoliciesStrictly) {
  EXPECT_TRUE(parse_policy("refuse 30000").refuses);
  EXPECT_EQ(parse_policy("refuse 30000").max_staleness, Milliseconds(30'000));
  for (const char* text : {"", "refuse", "refuse ", "refuse x", "refuse 1s", "accept 30000",
                           "introspect 30000", "Refuse 1", "refuse -1"}) {
    EXPECT_FALSE(parse_policy(text).refuses) << text;
  }
}

TEST_F(FollowersTest, AreMissingUntilTheyHaveAppliedOrMustRefuse) {
  ASSERT_FALSE(refusal(log_.report("accepts", 4, "accept 1000")));
  ASSERT_FALSE(refusal(log_.report("refuses", 4, "refuse 30000")));
  ASSERT_FALSE(refusal(log_.report("quick", 9)));
  EXPECT_EQ(states(9, 0), "accepts=2 quick=0 refuses=2 ");
  EXPECT_EQ(states(9, 32), "accepts=2 quick=0 refuses=2 ") << "a word may be under way";
  EXPECT_EQ(states(9, 33), "accepts=2 quick=0 refuses=1 ");
  EXPECT_EQ(states(4, 0), "accepts=0 quick=0 refuses=0 ");
}

TEST_F(FollowersTest, AnswerAWaitAsSoonAsAllAreThereOrItsTimeIsOver) {
  ASSERT_FALSE(refusal(log_.report("a", 4)));
  std::optional<bool> complete;
  const auto note = [&](Result<Followers::Propagation> reached) { complete = reached->complete; };
  followers_.wait({7, 3}, at(5).boot, at(0), note);
  EXPECT_EQ(complete, true);

  complete.reset();
  std::chrono::nanoseconds took{};
  followers_.on_propagated([&](std::chrono::nanoseconds time) { took = time; });
  followers_.wait({7, 9}, at(5).boot, at(0), note);
  EXPECT_EQ(complete, std::nullopt);
  EXPECT_EQ(followers_.step(at(0)), at(1).boot);
  ASSERT_TRUE(followers_.receive(log_.report("a", 9), at(2)));
  EXPECT_EQ(complete, true);
  EXPECT_EQ(took, seconds(2));

  complete.reset();
  followers_.wait({7, 10}, at(5).boot, at(2), note);
  followers_.step(at(4));
  EXPECT_EQ(complete, std::nullopt);
  followers_.step(at(5));
  EXPECT_EQ(complete, false);
}

TEST_F(FollowersTest, LetOnlySoManyWait) {
  ASSERT_FALSE(refusal(log_.report("a", 4)));
  int waiting = 0, refused = 0;
  const auto note = [&](Result<Followers::Propagation> reached) {
    ++(reached ? waiting : refused);
  };
  for (std::size_t i = 0; i < kMaxWaiters; ++i) followers_.wait({7, 9}, at(5).boot, at(0), note);
  EXPECT_EQ(refused, 0);
  followers_.wait({7, 9}, at(5).boot, at(0), note);
  EXPECT_EQ(refused, 1);
  followers_.step(at(5));
  EXPECT_EQ(waiting, static_cast<int>(kMaxWaiters));
}

TEST_F(FollowersTest, AreForgottenAfterAnHourOfSilenceAndNeverTooMany) {
  ASSERT_FALSE(refusal(log_.report("old", 4)));
  for (std::size_t i = 0; i < kMaxFollowers; ++i) {
    ASSERT_TRUE(followers_.receive(log_.report("f" + std::to_string(i), 10), at(1)));
  }
  EXPECT_EQ(followers_.all().size(), kMaxFollowers);
  EXPECT_FALSE(followers_.all().contains("old")) << "the one silent longest made room";
  followers_.step(at(3600));
  EXPECT_EQ(followers_.all().size(), kMaxFollowers);
  followers_.step(at(3602));
  EXPECT_TRUE(followers_.all().empty());
}

}  // namespace
}  // namespace rescind::authority

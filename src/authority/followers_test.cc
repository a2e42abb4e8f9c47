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
            .road = "https",
            .age = std::nullopt,
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
  using enum FollowerPolicy::WhenStale;
  EXPECT_EQ(parse_policy("refuse 30000").when_stale, kRefuse);
  EXPECT_EQ(parse_policy("refuse 30000").max_staleness, Milliseconds(30'000));
  EXPECT_EQ(parse_policy("introspect 500").when_stale, kIntrospect);
  EXPECT_EQ(parse_policy("introspect 500").max_staleness, Milliseconds(500));
  EXPECT_EQ(parse_policy("accept 30000").max_staleness, Milliseconds(30'000));
  for (const char* text : {"", "refuse", "refuse ", "refuse x", "refuse 1s", "accept 30000",
                           "introspect", "Refuse 1", "refuse -1", "refuse 1 ", "refuse  1"}) {
    EXPECT_EQ(parse_policy(text).when_stale, kAccept) << text;
  }
}

TEST_F(FollowersTest, AreMissingUntilTheyHaveAppliedOrMustRefuse) {
  ASSERT_FALSE(refusal(log_.report("accepts", 4, "accept 1000")));
  ASSERT_FALSE(refusal(log_.report("refuses", 4, "refuse 30000")));
  ASSERT_FALSE(refusal(log_.report("asks", 4, "introspect 30000")));
  ASSERT_FALSE(refusal(log_.report("quick", 9)));
  EXPECT_EQ(states(9, 0), "accepts=3 asks=3 quick=0 refuses=3 ");
  EXPECT_EQ(states(9, 32), "accepts=3 asks=3 quick=0 refuses=3 ") << "a word may be under way";
  EXPECT_EQ(states(9, 33), "accepts=3 asks=2 quick=0 refuses=1 ");
  EXPECT_EQ(states(9, 3000), "accepts=3 asks=2 quick=0 refuses=1 ");
  EXPECT_EQ(states(4, 0), "accepts=0 asks=0 quick=0 refuses=0 ");
  EXPECT_EQ(followers_.reach({7, 9}, at(3).boot).followers.front().silent, Milliseconds(3000));
}

TEST_F(FollowersTest, AreGivenUpOnceTheirBoundIsOver) {
  const auto given_up = [this](const std::string& policy, std::int64_t silent) {
    EXPECT_FALSE(refusal(log_.report("f", 10, policy)));
    return Followers::given_up(followers_.all().at("f"), at(silent).boot);
  };
  EXPECT_EQ(given_up("refuse 5000", 7), std::nullopt);
  EXPECT_EQ(given_up("refuse 5000", 8), Followers::State::kRefusing);
  EXPECT_EQ(given_up("introspect 5000", 8), Followers::State::kAsking);
  EXPECT_EQ(given_up("accept 5000", 32), std::nullopt) << "it speaks every ten seconds";
  EXPECT_EQ(given_up("accept 5000", 33), Followers::State::kMissing);
  EXPECT_EQ(given_up("", 33), Followers::State::kMissing);
}

TEST_F(FollowersTest, AreDescribedInAWord) {
  const auto word = [this](const std::string& policy, std::int64_t silent) {
    EXPECT_FALSE(refusal(log_.report("f", 9, policy)));
    return Followers::describe(followers_.all().at("f"), {7, 10}, at(silent).boot);
  };
  EXPECT_EQ(word("refuse 5000", 0), "behind");
  EXPECT_EQ(Followers::describe(followers_.all().at("f"), {7, 9}, at(0).boot), "current");
  EXPECT_EQ(word("refuse 5000", 8), "refusing");
  EXPECT_EQ(word("introspect 5000", 8), "asking");
  EXPECT_EQ(word("accept 5000", 33), "silent");
}

class Propagation : public FollowersTest {
 protected:
  Propagation() {
    followers_.on_propagated([this](std::string_view road, std::chrono::nanoseconds delay) {
      measured_ += std::string(road) + "=" +
                   std::to_string(std::chrono::duration_cast<Milliseconds>(delay).count()) + " ";
    });
  }
  void commit(std::uint64_t number, std::int64_t ms, bool wants_receipts = false) {
    followers_.committed(
        {.before = {7, number - 1}, .head = {7, number}, .wants_receipts = wants_receipts},
        BootTime(Milliseconds(ms)));
  }
  // What is measured by a receipt that comes then.
  std::string receipt(const std::string& name, std::uint64_t number, std::int64_t ms,
                      std::optional<std::chrono::microseconds> age = std::nullopt) {
    measured_.clear();
    feed::Report report = log_.report(name, number);
    report.age = age;
    EXPECT_TRUE(followers_.receive(report, {at(0).wall, BootTime(Milliseconds(ms))}));
    return measured_;
  }

  std::string measured_;
};

TEST_F(Propagation, IsMeasuredFromTheCommitToWhenItWasApplied) {
  using std::chrono::microseconds;
  ASSERT_EQ(receipt("a", 4, 0), "") << "where it has been before is not known";
  commit(5, 1000, true);
  commit(6, 1100);
  commit(7, 1200);
  EXPECT_EQ(receipt("a", 5, 1003), "https=3 ");
  EXPECT_EQ(receipt("a", 6, 1900), "") << "sent when its turn was, without its age";
  EXPECT_EQ(receipt("a", 7, 2000, microseconds(790'000)), "https=10 ");
  EXPECT_EQ(receipt("a", 7, 2100, microseconds(1)), "") << "no news";
  commit(8, 3000, true);
  commit(9, 3001, true);
  EXPECT_EQ(receipt("a", 9, 3010, microseconds(2000)), "https=8 https=7 ")
      << "the first was applied no later than the second";
  commit(10, 4000);
  EXPECT_EQ(receipt("a", 10, 4005, microseconds(5'000'000)), "") << "applied before it was there";
  ASSERT_EQ(followers_.recent_delays(BootTime(Milliseconds(5000))).count, 4U);
  EXPECT_EQ(followers_.recent_delays(BootTime(Milliseconds(5000))).p50, Milliseconds(7));

  const auto reach = followers_.reach({7, 9}, BootTime(Milliseconds(5000)));
  EXPECT_EQ(reach.followers.front().after, Milliseconds(7));
  EXPECT_EQ(followers_.reach({7, 4}, BootTime(Milliseconds(5000))).followers.front().after,
            std::nullopt);
}

TEST_F(Propagation, KeepsTheLastOfEachFollower) {
  ASSERT_EQ(receipt("a", 3, 0), "");
  for (int round = 0; round < 20; ++round) {
    // Commits of a later term that this log of ten does not have: only their number matters here.
    followers_.committed({.before = {7, 3}, .head = {7, 4}, .wants_receipts = true},
                         BootTime(Milliseconds(round)));
  }
  receipt("a", 4, 100);
  EXPECT_EQ(followers_.all().at("a").measured.size(), Followers::kMeasuredKept);
}

TEST_F(Propagation, TellsSinceWhenAFollowerIsBehind) {
  ASSERT_EQ(receipt("a", 4, 0), "");
  const auto since = [this] { return followers_.behind_since(followers_.all().at("a")); };
  EXPECT_EQ(since(), std::nullopt);
  commit(5, 1000);
  commit(6, 2000);
  EXPECT_EQ(since(), BootTime(Milliseconds(1000)));
  receipt("a", 5, 2100);
  EXPECT_EQ(since(), BootTime(Milliseconds(2000)));
  receipt("a", 6, 2200);
  EXPECT_EQ(since(), std::nullopt);
}

TEST_F(FollowersTest, AnswerAWaitAsSoonAsAllAreThereOrItsTimeIsOver) {
  ASSERT_FALSE(refusal(log_.report("a", 4)));
  std::optional<bool> complete;
  const auto note = [&](Result<Followers::Propagation> reached) { complete = reached->complete; };
  followers_.wait({7, 3}, at(5).boot, at(0), note);
  EXPECT_EQ(complete, true);

  complete.reset();
  followers_.wait({7, 9}, at(5).boot, at(0), note);
  EXPECT_EQ(complete, std::nullopt);
  EXPECT_EQ(followers_.step(at(0)), at(1).boot);
  ASSERT_TRUE(followers_.receive(log_.report("a", 9), at(2)));
  EXPECT_EQ(complete, true);

  complete.reset();
  followers_.wait({7, 10}, at(5).boot, at(2), note);
  followers_.step(at(4));
  EXPECT_EQ(complete, std::nullopt);
  followers_.step(at(5));
  EXPECT_EQ(complete, false);
}

TEST_F(FollowersTest, AreNotAllThereWhereNoneIsKnown) {
  EXPECT_FALSE(followers_.reach({7, 3}, at(0).boot).complete) << "that would say nothing";
  std::optional<bool> complete;
  const auto note = [&](Result<Followers::Propagation> reached) { complete = reached->complete; };
  followers_.wait({7, 3}, at(5).boot, at(0), note);
  followers_.step(at(4));
  EXPECT_EQ(complete, std::nullopt) << "one may report yet";
  followers_.step(at(5));
  EXPECT_EQ(complete, false);

  complete.reset();
  followers_.wait({7, 3}, at(9).boot, at(5), note);
  ASSERT_TRUE(followers_.receive(log_.report("a", 4), at(6)));
  EXPECT_EQ(complete, true) << "as after a restart of the authority: they tell again";
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

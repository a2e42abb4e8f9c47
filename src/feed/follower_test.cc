#include "feed/follower.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "feed/envelope.h"
#include "feed/follower_for_test.h"

namespace rescind::feed {
namespace {

using std::chrono::seconds;

class FollowerTest : public testing::Test {
 protected:
  // Time goes by at both ends, in steps of at most 10 ms.
  void pass(Milliseconds time) { pass(one, time); }
  void pass(FollowerForTest& follower, Milliseconds time) {
    for (Milliseconds gone{0}; gone < time; gone += Milliseconds(10)) {
      const Milliseconds step = std::min(Milliseconds(10), time - gone);
      authority.now += step;
      follower.run(step);
    }
  }
  // Its clock and the authority's show the same; the first snapshot is taken.
  void start() {
    one.run();
    ASSERT_TRUE(one.follower.ready());
    ASSERT_EQ(one.follower.position(), authority.position());
  }
  Sealed revoke(const std::string& session) { return authority.revoke({revoke_session(session)}); }

  AuthorityForTest authority;
  OriginForTest origin{authority};
  FollowerForTest one{origin, nullptr, authority.now};
};

TEST_F(FollowerTest, StartsFromASnapshotAndIsReadyAtTheHead) {
  revoke("s-1");
  EXPECT_FALSE(one.follower.ready());
  EXPECT_EQ(one.staleness(), Milliseconds::max());
  one.run();
  EXPECT_TRUE(one.follower.ready());
  EXPECT_EQ(one.follower.position(), authority.position());
  EXPECT_EQ(one.staleness(), seconds(0));
  EXPECT_TRUE(one.refuses(revoke_session("s-1")));
  EXPECT_FALSE(one.refuses(revoke_session("s-2")));
  EXPECT_EQ(one.counters().snapshots, 1U);
}

TEST_F(FollowerTest, ReplaysBatchesFromNumberOneWhereThereIsNoSnapshot) {
  for (int i = 0; i < 40; ++i) revoke("s-" + std::to_string(i));
  origin.has_snapshot = false;
  FollowerForTest other(origin, nullptr, authority.now);
  other.run(seconds(1));
  EXPECT_TRUE(other.follower.ready());
  EXPECT_EQ(other.follower.position(), authority.position());
  EXPECT_EQ(other.index->entries(), 40U);
}

TEST_F(FollowerTest, AppliesLinksWithoutAskingAnyone) {
  start();
  const int asked = origin.batch_questions;
  for (int i = 0; i < 100; ++i) one.hear(revoke("s-" + std::to_string(i)).jws);
  EXPECT_EQ(one.follower.position(), authority.position());
  EXPECT_TRUE(one.refuses(revoke_session("s-99")));
  EXPECT_EQ(origin.batch_questions, asked);
  EXPECT_EQ(one.counters().batches, 100U);
  EXPECT_EQ(one.counters().gaps, 0U);
}

TEST_F(FollowerTest, AsksForTheHeadAtTheStartThoughTheRoadIsFaster) {
  for (const auto& batch : authority.log()) one.hear(batch.jws);
  one.hear(authority.heartbeat());
  EXPECT_FALSE(one.follower.ready());
  one.run();
  EXPECT_TRUE(one.follower.ready());
}

TEST_F(FollowerTest, TellsWhoWatchesOfEachLinkInOrder) {
  start();
  std::vector<std::uint64_t> numbers;
  one.follower.on_applied(
      [&numbers](const Batch& batch) { numbers.push_back(batch.position.number); });
  const Sealed first = revoke("a");
  const Sealed second = revoke("b");
  one.hear(second.jws);
  one.hear(first.jws);
  EXPECT_EQ(numbers, (std::vector{first.position.number, second.position.number}));
}

TEST_F(FollowerTest, IsRefreshedByAHeartbeatOfItsOwnHead) {
  start();
  pass(seconds(2));
  one.hear(authority.heartbeat());
  EXPECT_LE(one.staleness(), Milliseconds(1));
}

TEST_F(FollowerTest, GrowsStaleWithoutWordsAndIsNotRefreshedByReplays) {
  start();
  pass(seconds(1));
  const std::string heartbeat = authority.heartbeat();
  one.hear(heartbeat);
  origin.reachable = false;
  for (int i = 0; i < 20; ++i) {
    pass(seconds(1));
    one.hear(heartbeat);
  }
  EXPECT_GE(one.staleness(), Milliseconds(19'900));
}

TEST_F(FollowerTest, ABrokenRoadCostsNoFreshnessWhileTheOriginAnswers) {
  start();
  for (int i = 0; i < 30; ++i) {
    revoke("s-" + std::to_string(i));
    pass(seconds(1));
    EXPECT_LE(one.staleness(), seconds(5));
  }
  pass(seconds(5));
  EXPECT_EQ(one.follower.position(), authority.position());
}

TEST_F(FollowerTest, ALostBatchFollowedByItsHeartbeatNeverLooksFresh) {
  start();
  origin.reachable = false;
  revoke("lost");
  for (int i = 1; i <= 40; ++i) {
    pass(seconds(1));
    one.hear(authority.heartbeat());
    EXPECT_GE(one.staleness(), seconds(i) - Milliseconds(50)) << "after " << i << " s";
  }
  EXPECT_FALSE(one.refuses(revoke_session("lost")));
  origin.reachable = true;
  pass(seconds(6));  // the longest back-off
  EXPECT_TRUE(one.refuses(revoke_session("lost")));
  one.hear(authority.heartbeat());
  EXPECT_LE(one.staleness(), Milliseconds(10));
}

TEST_F(FollowerTest, RepairsAGapAfterAShortPause) {
  start();
  revoke("lost");
  one.hear(revoke("after").jws);
  EXPECT_TRUE(one.refuses(revoke_session("after")));  // genuine, though early
  EXPECT_NE(one.follower.position(), authority.position());
  pass(Milliseconds(50));
  EXPECT_EQ(one.follower.position(), authority.position());
  EXPECT_TRUE(one.refuses(revoke_session("lost")));
  EXPECT_EQ(one.counters().gaps, 1U);
  EXPECT_EQ(one.counters().repairs, 1U);
}

TEST_F(FollowerTest, GoesOnOverEarlyBatchesWhenTheGapIsFilledByTheRoad) {
  start();
  const int asked = origin.batch_questions;
  std::vector<Sealed> sent;
  for (int i = 0; i < 8; ++i) sent.push_back(revoke("s-" + std::to_string(i)));
  for (std::size_t i = sent.size() - 1; i > 0; --i) one.hear(sent[i].jws);
  EXPECT_EQ(one.counters().batches, 0U);
  one.hear(sent[0].jws);
  EXPECT_EQ(one.follower.position(), authority.position());
  pass(seconds(1));
  EXPECT_EQ(origin.batch_questions, asked);  // the pause was enough
}

TEST_F(FollowerTest, RepairsALongGapAnswerByAnswer) {
  start();
  for (int i = 0; i < 100; ++i) revoke("s-" + std::to_string(i));
  one.hear(authority.heartbeat());
  pass(Milliseconds(50));
  EXPECT_EQ(one.follower.position(), authority.position());
  EXPECT_EQ(one.index->entries(), 100U);
  EXPECT_GE(one.counters().repairs, 6U);
}

TEST_F(FollowerTest, TakesASnapshotWhereTheTailIsGone) {
  start();
  for (int i = 0; i < 100; ++i) revoke("s-" + std::to_string(i));
  authority.keep_tail(10);
  one.hear(authority.heartbeat());
  pass(Milliseconds(50));
  EXPECT_EQ(one.follower.position(), authority.position());
  EXPECT_EQ(one.index->entries(), 100U);
  EXPECT_EQ(one.counters().snapshots, 2U);
  EXPECT_EQ(one.counters().histories_lost, 0U);
}

TEST_F(FollowerTest, ARepeatedBatchChangesNothing) {
  start();
  const Sealed sealed = revoke("s-1");
  for (int i = 0; i < 10; ++i) one.hear(sealed.jws);
  EXPECT_EQ(one.counters().batches, 1U);
  EXPECT_EQ(one.counters().refused_words, 0U);
}

TEST_F(FollowerTest, RefusesWhatTheFeedDidNotSignAndGoesOn) {
  start();
  AuthorityForTest forger(test_key(7));
  for (int i = 0; i < 5; ++i) forger.revoke({revoke_session("forged")});
  const Sealed good = revoke("good");
  std::string flipped = good.jws;
  flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 0x01);
  const std::string kWords[] = {
      forger.last().jws,
      forger.heartbeat(),
      flipped,
      "",
      "not JSON",
      "{}",
      "a.b.c",
      std::string(std::size_t{10} << 20U, 'A'),
      jwt::sign_compact(*test_key(0), kWordType, "{}"),
  };
  const Position before = one.follower.position();
  std::uint64_t refused = 0;
  for (const auto& word : kWords) {
    one.hear(word);
    EXPECT_EQ(one.counters().refused_words, ++refused);
    EXPECT_EQ(one.follower.position(), before);
  }
  EXPECT_FALSE(one.refuses(revoke_session("forged")));
  one.hear(good.jws);
  EXPECT_EQ(one.follower.position(), authority.position());
  EXPECT_TRUE(one.refuses(revoke_session("good")));
}

TEST_F(FollowerTest, AForgedWordMakesItAskButNotOften) {
  start();
  const int asked = origin.batch_questions;
  for (int i = 0; i < 1000; ++i) {
    one.hear("forged");
    pass(Milliseconds(1));
  }
  EXPECT_GE(origin.batch_questions, asked + 1);
  EXPECT_LE(origin.batch_questions, asked + 2);
}

TEST_F(FollowerTest, AGenuineBatchOfAnotherBranchIsJoinedButMovesNothing) {
  start();
  AuthorityForTest branch = authority;  // the same history up to here
  const Sealed other = branch.revoke({revoke_session("other")});
  const Sealed next = branch.revoke({revoke_session("next")});
  one.hear(revoke("ours").jws);
  const Position before = one.follower.position();
  one.hear(other.jws);
  one.hear(next.jws);
  EXPECT_EQ(one.follower.position(), before);
  EXPECT_TRUE(one.refuses(revoke_session("next")));
  EXPECT_TRUE(one.refuses(revoke_session("ours")));
}

TEST_F(FollowerTest, RefusesWordsOfAnotherFeed) {
  start();
  Batch batch;
  batch.issuer = kTestIssuer;
  batch.feed = "other";
  batch.position = {.term = authority.position().term, .number = authority.position().number + 1};
  batch.at = authority.now;
  batch.previous = authority.last().hash;
  batch.revocations = {revoke_session("s-1")};
  one.hear(seal(batch, *test_key(0))->jws);
  EXPECT_FALSE(one.refuses(revoke_session("s-1")));
  EXPECT_EQ(one.counters().refused_words, 1U);
  batch.feed = "default";
  one.hear(seal(batch, *test_key(0))->jws);
  EXPECT_TRUE(one.refuses(revoke_session("s-1")));
}

TEST_F(FollowerTest, PassesOverAKindThatItDoesNotKnow) {
  start();
  one.hear(authority.future_kind(false).jws);
  one.hear(revoke("after").jws);
  EXPECT_EQ(one.follower.position(), authority.position());
  EXPECT_TRUE(one.follower.can_follow());
}

TEST_F(FollowerTest, CannotFollowPastACriticalKindThatItDoesNotKnow) {
  start();
  const Position before = one.follower.position();
  one.hear(authority.future_kind(true).jws);
  EXPECT_FALSE(one.follower.can_follow());
  EXPECT_FALSE(one.index->state().can_follow);
  EXPECT_EQ(one.staleness(), Milliseconds::max());
  one.hear(revoke("after").jws);
  one.hear(authority.heartbeat());
  pass(seconds(10));
  EXPECT_EQ(one.follower.position(), before);
  EXPECT_EQ(one.staleness(), Milliseconds::max());
  EXPECT_TRUE(one.refuses(revoke_session("after")));  // what it understands holds all the same
}

revocation::Rules rules_with(const std::string& claim) {
  revocation::Rules rules;
  for (const std::string_view issuer : {kTestIssuer, std::string_view("https://idp.example")}) {
    rules.issuers.push_back({.issuer = std::string(issuer),
                             .stamps = revocation::StampKind::kTime,
                             .session_claims = {},
                             .revocable_claims = {claim},
                             .longest_lifetime = std::chrono::hours(1),
                             .longest_session = {}});
  }
  return rules;
}

TEST_F(FollowerTest, RulesTakeEffectOnlyAlongTheChain) {
  start();
  const Sealed lost = revoke("lost");
  one.hear(authority.set_rules(rules_with("tenant")).jws);
  EXPECT_TRUE(one.index->rules() == nullptr || one.index->rules()->issuers.empty());
  one.hear(lost.jws);
  ASSERT_NE(one.index->rules(), nullptr);
  EXPECT_EQ(one.index->rules()->issuers.size(), 2U);
}

TEST_F(FollowerTest, RevokesOnlyForIssuersThatItsFeedMayRevoke) {
  Follower::Options options = FollowerForTest::options();
  options.may_revoke = {std::string(kTestIssuer)};
  FollowerForTest strict(origin, nullptr, authority.now, options);
  strict.run();
  strict.hear(authority.set_rules(rules_with("tenant")).jws);
  revocation::Revocation foreign = revoke_session("s-1");
  foreign.target.issuer = "https://idp.example";
  strict.hear(authority.revoke({foreign, revoke_session("s-2")}).jws);
  EXPECT_EQ(strict.follower.position(), authority.position());
  EXPECT_FALSE(strict.refuses(foreign));
  EXPECT_TRUE(strict.refuses(revoke_session("s-2")));
  ASSERT_EQ(strict.index->rules()->issuers.size(), 1U);
  EXPECT_EQ(strict.index->rules()->issuers[0].issuer, kTestIssuer);
}

TEST_F(FollowerTest, IsStaleWhileTheIndexIsFullAndGoesOnWhenThereIsRoom) {
  FollowerForTest small(origin, nullptr, authority.now, FollowerForTest::options(), 64);
  small.run();
  std::vector<revocation::Revocation> many;
  for (int i = 0; i < 100; ++i) {
    auto one_more = revoke_session("s-" + std::to_string(i));
    one_more.until = static_cast<std::uint64_t>(to_seconds(authority.now)) + 60;
    many.push_back(one_more);
  }
  const Position before = small.follower.position();
  small.hear(authority.revoke(many).jws);
  EXPECT_EQ(small.follower.position(), before);
  EXPECT_FALSE(small.follower.can_follow());
  EXPECT_EQ(small.staleness(), Milliseconds::max());
  pass(small, seconds(120));  // until they are due to be forgotten
  EXPECT_TRUE(small.follower.can_follow());
  EXPECT_EQ(small.follower.position(), authority.position());
}

TEST_F(FollowerTest, ReportsWhatItHasAppliedAtMostOnceASecond) {
  start();
  origin.reports.clear();
  for (int i = 0; i < 100; ++i) {
    one.hear(revoke("s-" + std::to_string(i)).jws);
    pass(Milliseconds(100));
  }
  EXPECT_GE(origin.reports.size(), 9U);
  EXPECT_LE(origin.reports.size(), 11U);
  pass(seconds(1));
  EXPECT_EQ(origin.reports.back().applied, authority.position());
  EXPECT_EQ(origin.reports.back().hash, authority.last().hash);
  EXPECT_EQ(origin.reports.back().follower, "test-1");
  EXPECT_EQ(origin.reports.back().proof, std::nullopt);
  const std::size_t before = origin.reports.size();
  pass(seconds(20));  // with nothing new: a sign of life now and then
  EXPECT_GE(origin.reports.size(), before + 1);
  EXPECT_LE(origin.reports.size(), before + 2);
}

TEST_F(FollowerTest, ReportsAtOnceWhatABatchAsksFor) {
  start();
  pass(seconds(1));
  one.hear(revoke("quiet").jws);
  one.run();
  origin.reports.clear();
  one.hear(authority.revoke({revoke_session("urgent")}, true).jws);
  one.run();
  ASSERT_EQ(origin.reports.size(), 1U);
  EXPECT_EQ(origin.reports.back().applied, authority.position());
}

TEST_F(FollowerTest, PurgesWhatIsDue) {
  start();
  auto short_lived = revoke_session("short");
  short_lived.until = static_cast<std::uint64_t>(to_seconds(authority.now)) + 30;
  one.hear(authority.revoke({short_lived}).jws);
  EXPECT_EQ(one.index->entries(), 1U);
  for (int i = 0; i < 80; ++i) pass(seconds(1));
  EXPECT_EQ(one.index->entries(), 0U);
}

}  // namespace
}  // namespace rescind::feed

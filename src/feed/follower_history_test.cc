// What a follower keeps over key changes, restarts and lost histories.

#include <gtest/gtest.h>

#include <algorithm>

#include "feed/chain.h"
#include "feed/checkpoint.h"
#include "feed/follower_for_test.h"
#include "feed/proof.h"

namespace rescind::feed {
namespace {

using std::chrono::seconds;

class FollowerHistoryTest : public testing::Test {
 protected:
  FollowerHistoryTest() { restart(); }

  void pass(Milliseconds time) {
    for (Milliseconds gone{0}; gone < time; gone += Milliseconds(10)) {
      authority.now += Milliseconds(10);
      one->run(Milliseconds(10));
    }
  }
  Sealed revoke(const std::string& session) { return authority.revoke({revoke_session(session)}); }
  // A new process; what it has of the old one is the checkpoint.
  void restart(Follower::Options options = FollowerForTest::options()) {
    one.reset();
    one = std::make_unique<FollowerForTest>(origin, &checkpoint, authority.now, std::move(options));
  }
  void restart_pinned_to(std::initializer_list<int> keys) {
    Follower::Options options = FollowerForTest::options();
    options.keys = test_keys(keys);
    restart(std::move(options));
  }
  void save() { ASSERT_TRUE(one->follower.save_checkpoint(one->clock.now()).has_value()); }

  AuthorityForTest authority;
  OriginForTest origin{authority};
  CheckpointForTest checkpoint;
  std::unique_ptr<FollowerForTest> one;
};

// Keys

TEST_F(FollowerHistoryTest, FollowsThroughAChangeOfKeyAndForgetsTheOldOne) {
  one->run();
  AuthorityForTest thief = authority;
  one->hear(authority.change_key(test_key(1)).jws);
  one->hear(revoke("new key").jws);
  EXPECT_EQ(one->follower.position(), authority.position());
  one->hear(thief.revoke({revoke_session("old key")}).jws);
  EXPECT_FALSE(one->refuses(revoke_session("old key")));
  EXPECT_TRUE(one->refuses(revoke_session("new key")));
}

TEST_F(FollowerHistoryTest, RepairsOverSeveralChangesOfKeyInOneRun) {
  one->run();
  for (int key = 1; key <= 4; ++key) {
    revoke("before " + std::to_string(key));
    authority.change_key(test_key(key));
  }
  revoke("last");
  one->hear(authority.heartbeat());  // by a key not held yet: refused, and reason enough to ask
  EXPECT_EQ(one->counters().refused_words, 1U);
  pass(Milliseconds(60));
  EXPECT_EQ(one->follower.position(), authority.position());
  EXPECT_EQ(one->counters().snapshots, 1U);
}

TEST_F(FollowerHistoryTest, AForgedChangeOfKeyInARunIsNotVouchedForByWhatFollowsUnderIt) {
  one->run();
  AuthorityForTest thief = authority;
  // The thief signs the announcement of his own key with that key, and goes on under it.
  const Position before = authority.position();
  Batch forged;
  forged.kind = Kind::kKeys;
  forged.issuer = kTestIssuer;
  forged.feed = "default";
  forged.position = {.term = before.term, .number = before.number + 1};
  forged.at = authority.now;
  forged.previous = authority.last().hash;
  forged.keys = {test_key(6)->public_key().public_jwk()};
  const Sealed announcement = *seal(forged, *test_key(6));
  Batch entry = forged;
  entry.kind = Kind::kRevocations;
  entry.position.number += 1;
  entry.previous = announcement.hash;
  entry.revocations = {revoke_session("forged")};
  const Sealed after = *seal(entry, *test_key(6));

  Received first{.batch = forged, .hash = announcement.hash, .key_id = {}, .jws = announcement.jws};
  Received second{.batch = entry, .hash = after.hash, .key_id = {}, .jws = after.jws};
  first.key_id = second.key_id = test_key(6)->key_id();
  const Place place{.position = before, .head = authority.last().hash};
  EXPECT_EQ(vouched(std::vector{first, second}, place, *test_keys({0})), 0U);
  EXPECT_EQ(vouched(std::vector{first, second}, place, *test_keys({6})), 1U);
}

TEST_F(FollowerHistoryTest, PinnedToAnOldKeyItGetsToTheNewOneByTheAnnouncements) {
  authority.change_key(test_key(1));
  authority.change_key(test_key(2));
  revoke("s-1");
  one->run(Milliseconds(200));
  EXPECT_TRUE(one->follower.ready());
  EXPECT_EQ(one->follower.position(), authority.position());
  one->hear(revoke("s-2").jws);
  EXPECT_TRUE(one->refuses(revoke_session("s-2")));
}

TEST_F(FollowerHistoryTest, PinnedToAStrangersKeyItBelievesNothing) {
  restart_pinned_to({5});
  revoke("s-1");
  one->hear(authority.last().jws);
  one->run(seconds(10));
  EXPECT_FALSE(one->follower.ready());
  EXPECT_EQ(one->follower.position(), Position{});
  EXPECT_EQ(one->index->entries(), 0U);
  EXPECT_EQ(one->staleness(), Milliseconds::max());
}

// Restarts

TEST_F(FollowerHistoryTest, GoesOnFromItsCheckpoint) {
  one->run();
  for (int i = 0; i < 20; ++i) one->hear(revoke("s-" + std::to_string(i)).jws);
  save();
  revoke("later");
  restart();
  one->run();
  EXPECT_EQ(one->counters().snapshots, 0U);
  EXPECT_TRUE(one->follower.ready());
  EXPECT_EQ(one->follower.position(), authority.position());
  EXPECT_EQ(one->index->entries(), 21U);
}

TEST_F(FollowerHistoryTest, IsNotReadyOnItsCheckpointAlone) {
  one->run();
  one->hear(revoke("s-1").jws);
  const std::string heartbeat = authority.heartbeat();
  one->hear(heartbeat);
  save();
  origin.reachable = false;
  restart();
  one->run(seconds(10));
  EXPECT_TRUE(one->refuses(revoke_session("s-1")));
  EXPECT_FALSE(one->follower.ready());
  one->hear(heartbeat);  // from before the restart
  EXPECT_FALSE(one->follower.ready());
  EXPECT_EQ(one->staleness(), Milliseconds::max());
  authority.now += seconds(10);
  one->hear(authority.heartbeat());
  EXPECT_TRUE(one->follower.ready());
  EXPECT_LE(one->staleness(), seconds(1));
}

TEST_F(FollowerHistoryTest, WritesItsCheckpointNowAndThenWhereSomethingIsNew) {
  one->run();
  pass(seconds(31));
  ASSERT_TRUE(checkpoint.blob.has_value());
  const std::string first = *checkpoint.blob;
  pass(seconds(60));
  EXPECT_EQ(*checkpoint.blob, first);
  one->hear(revoke("s-1").jws);
  pass(seconds(31));
  EXPECT_NE(*checkpoint.blob, first);
  checkpoint.writable = false;
  one->hear(revoke("s-2").jws);
  pass(seconds(31));
  EXPECT_GE(one->counters().checkpoint_failures, 1U);
}

TEST_F(FollowerHistoryTest, NeverLoadsADamagedCheckpoint) {
  one->run();
  one->hear(revoke("s-1").jws);
  save();
  const std::string good = *checkpoint.blob;
  for (std::size_t i = 0; i < good.size(); i += good.size() / 20) {
    for (const bool torn : {false, true}) {
      checkpoint.blob = good;
      if (torn) checkpoint.blob->resize(i);
      if (!torn) (*checkpoint.blob)[i] = static_cast<char>((*checkpoint.blob)[i] ^ 0x20);
      restart();
      origin.reachable = false;
      one->run();
      EXPECT_EQ(one->counters().checkpoint_failures, 1U);
      EXPECT_EQ(one->follower.position(), Position{});
      EXPECT_EQ(one->index->entries(), 0U);
      origin.reachable = true;
      one->run(seconds(1));
      EXPECT_EQ(one->follower.position(), authority.position());
    }
  }
}

TEST_F(FollowerHistoryTest, DoesNotBelieveACheckpointThatNoPinnedKeyVouchesFor) {
  one->run();
  one->hear(revoke("s-1").jws);
  save();
  restart_pinned_to({3});
  one->run();
  EXPECT_EQ(one->counters().checkpoint_failures, 1U);
  EXPECT_EQ(one->index->entries(), 0U);
}

TEST_F(FollowerHistoryTest, PinnedToAnOldKeyItBelievesItsCheckpointByTheAnnouncements) {
  one->run();
  one->hear(authority.change_key(test_key(1)).jws);
  one->hear(revoke("s-1").jws);
  save();
  restart();
  one->run();
  EXPECT_EQ(one->counters().checkpoint_failures, 0U);
  EXPECT_EQ(one->counters().snapshots, 0U);
  EXPECT_EQ(one->follower.position(), authority.position());
}

// Its digest is right: whoever wrote it made the segment so.
TEST_F(FollowerHistoryTest, DoesNotBelieveACheckpointWithASegmentThatIsNone) {
  one->run();
  one->hear(revoke("s-1").jws);
  save();
  CheckpointState state = *decode_checkpoint(*checkpoint.blob);
  char& reason = state.segments.at(0).back();
  reason = static_cast<char>(reason | 3);  // there is no such one
  checkpoint.blob = encode_checkpoint(state);
  restart();
  one->run();
  EXPECT_EQ(one->counters().checkpoint_failures, 1U);
  EXPECT_EQ(one->follower.position(), authority.position());
}

TEST_F(FollowerHistoryTest, DoesNotBelieveACheckpointWhoseSignedWordNamesAnotherPosition) {
  one->run();
  one->hear(revoke("s-1").jws);
  save();
  CheckpointState state = *decode_checkpoint(*checkpoint.blob);
  state.manifest.position.number += 5;
  checkpoint.blob = encode_checkpoint(state);
  restart();
  one->run();
  EXPECT_EQ(one->counters().checkpoint_failures, 1U);
  EXPECT_EQ(one->follower.position(), authority.position());
}

// Lost history

TEST_F(FollowerHistoryTest, KeepsAllThatItKnowsWhenAnOldBackupIsRestored) {
  one->run();
  one->hear(revoke("in the backup").jws);
  AuthorityForTest backup = authority;
  one->hear(revoke("lost").jws);
  const Position lost = one->follower.position();
  backup.now = authority.now;
  authority = backup;
  authority.begin_term(2000);
  one->hear(revoke("new").jws);
  pass(Milliseconds(60));
  EXPECT_EQ(one->follower.position(), authority.position());
  for (const char* session : {"in the backup", "lost", "new"}) {
    EXPECT_TRUE(one->refuses(revoke_session(session))) << session;
  }
  EXPECT_EQ(one->counters().histories_lost, 1U);
  // The authority is shown its own signature under what it has forgotten.
  const auto shown = std::ranges::find_if(
      origin.reports, [](const Report& report) { return report.proof.has_value(); });
  ASSERT_NE(shown, origin.reports.end());
  EXPECT_EQ(shown->applied, lost);
  const auto proof = read_proof(*shown->proof, *test_keys({0}));
  ASSERT_TRUE(proof.has_value());
  EXPECT_EQ(proof->position, lost);
  EXPECT_FALSE(contains(authority.terms(), authority.position(), proof->position));
  one->hear(revoke("and on").jws);
  EXPECT_EQ(one->follower.position(), authority.position());
}

TEST_F(FollowerHistoryTest, IsStaleOnALostBranchUntilTheAuthorityIsPastIt) {
  one->run();
  AuthorityForTest backup = authority;
  one->hear(authority.begin_term(3000).jws);
  one->hear(revoke("lost").jws);
  const Position lost = one->follower.position();
  // The restored authority's clock is behind: its new term is less than the one that it lost.
  backup.now = authority.now;
  authority = backup;
  authority.begin_term(2000);
  revoke("new");
  for (int i = 1; i <= 20; ++i) {
    one->hear(authority.heartbeat());
    pass(seconds(1));
    EXPECT_EQ(one->follower.position(), lost);
    EXPECT_GE(one->staleness(), seconds(i) - Milliseconds(50));
  }
  EXPECT_TRUE(one->refuses(revoke_session("lost")));
  EXPECT_TRUE(one->refuses(revoke_session("new")));  // of its snapshot, joined all the same
  EXPECT_EQ(one->counters().histories_lost, 1U);
  ASSERT_FALSE(origin.reports.empty());
  // Shown the proof, it begins a term above both.
  one->hear(authority.begin_term(4000).jws);
  pass(seconds(6));
  EXPECT_EQ(one->follower.position(), authority.position());
  one->hear(authority.heartbeat());
  EXPECT_LE(one->staleness(), seconds(1));
}

TEST_F(FollowerHistoryTest, AnOriginThatLagsIsNoLostHistory) {
  one->run();
  AuthorityForTest lagging = authority;
  for (int i = 0; i < 5; ++i) one->hear(revoke("s-" + std::to_string(i)).jws);
  revoke("lost on the road");
  origin.point_at(lagging);
  const Position before = one->follower.position();
  one->hear(authority.heartbeat());
  pass(seconds(5));
  EXPECT_EQ(one->follower.position(), before);
  EXPECT_EQ(one->counters().histories_lost, 0U);
  EXPECT_GE(one->staleness(), Milliseconds(4'900));
  origin.point_at(authority);
  pass(seconds(6));
  EXPECT_EQ(one->follower.position(), authority.position());
}

TEST_F(FollowerHistoryTest, FollowsOverANewTermOfTheSameHistory) {
  one->run();
  one->hear(authority.begin_term(2000).jws);
  one->hear(revoke("s-1").jws);
  authority.begin_term(3000);
  one->hear(revoke("s-2").jws);
  pass(Milliseconds(60));
  EXPECT_EQ(one->follower.position(), authority.position());
  EXPECT_EQ(one->counters().histories_lost, 0U);
  EXPECT_EQ(one->counters().snapshots, 1U);
}

TEST_F(FollowerHistoryTest, AHeldBackBeginningOfATermDoesNotLookFresh) {
  one->run();
  const Sealed beginning = authority.begin_term(2000);
  origin.reachable = false;
  for (int i = 0; i < 20; ++i) pass(seconds(1));
  revoke("meanwhile");
  origin.reachable = true;
  one->hear(beginning.jws);
  EXPECT_GE(one->staleness(), Milliseconds(19'900));
  pass(seconds(1));  // the origin is asked what time it is in the new term
  EXPECT_TRUE(one->refuses(revoke_session("meanwhile")));
  EXPECT_LE(one->staleness(), seconds(1));
}

TEST_F(FollowerHistoryTest, ANewTermIsBelievedAfterAWhileWhereTheOriginCannotBeAsked) {
  one->run();
  origin.reachable = false;
  one->hear(authority.begin_term(2000).jws);
  Milliseconds stalest{0};
  for (int i = 0; i < 30; ++i) {
    pass(seconds(1));
    one->hear(authority.heartbeat());
    stalest = std::max(stalest, one->staleness());
  }
  EXPECT_GE(stalest, seconds(9));
  EXPECT_LE(stalest, seconds(15));
  EXPECT_LE(one->staleness(), Milliseconds(10));
  EXPECT_EQ(one->counters().unconfirmed_terms, 1U);
}

TEST_F(FollowerHistoryTest, AnOldSnapshotOutOfACacheTakesNothingBack) {
  one->run();
  AuthorityForTest old = authority;
  for (int i = 0; i < 5; ++i) one->hear(revoke("s-" + std::to_string(i)).jws);
  const Position before = one->follower.position();
  save();
  old.keep_tail(0);
  origin.point_at(old);
  restart();
  one->run(seconds(2));
  EXPECT_EQ(one->follower.position(), before);
  EXPECT_EQ(one->index->entries(), 5U);
}

}  // namespace
}  // namespace rescind::feed

#include "store/writer.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "feed/snapshot.h"
#include "store/log_rows.h"
#include "store/repositories.h"
#include "store/store_for_test.h"

namespace rescind::store {
namespace {

using feed::Kind;

class WriterTest : public testing::Test {
 protected:
  // A history in which `lost` was committed after the copy that is then restored.
  void lose(const revocation::Revocation& lost) {
    const std::string copy = folder_.file("copy.db");
    copy_database(store_.path, copy);
    ASSERT_TRUE(store_.revoke(lost));
    lost_head_ = store_.committer->head();
    lost_heartbeat_ = store_.heartbeat();
    lost_batch_ =
        store_.store_log->read_after({lost_head_.term, lost_head_.number - 1}, 1)->front().jws;
    store_.close();
    copy_database(copy, store_.path);
    ASSERT_TRUE(store_.open());
  }
  Result<bool> recover(std::string_view proof, bool cut = true) {
    return store_.committer->recover(proof, cut, store_.clock.now());
  }

  TemporaryFolder folder_;
  StoreForTest store_{folder_.file("test.db")};
  Position lost_head_;
  std::string lost_heartbeat_;
  std::string lost_batch_;
};

TEST_F(WriterTest, BeginsAGreaterTermAtEachStartAndGoesOnCounting) {
  ASSERT_TRUE(store_.revoke(of_user("u1")));
  store_.clock.advance(Milliseconds(500));
  ASSERT_TRUE(store_.open());
  ASSERT_TRUE(store_.open());  // in the same millisecond
  const auto batches = store_.batches();
  ASSERT_EQ(batches.size(), 4U);
  EXPECT_EQ(batches[2].kind, Kind::kTerm);
  EXPECT_EQ(batches[2].position, (Position{1'800'000'000'505, 3}));
  EXPECT_EQ(batches[3].position, (Position{1'800'000'000'506, 4}));
}

TEST_F(WriterTest, BeginsAGreaterTermEvenWhereTheClockIsFarBehind) {
  const Position before = store_.committer->head();
  store_.clock.step_wall(-std::chrono::hours(1000));
  ASSERT_TRUE(store_.open());
  EXPECT_EQ(store_.committer->head(), (Position{before.term + 1, 2}));
}

TEST_F(WriterTest, KeepsItsTermAndItsTimeForAClockThatWasSetBackALittle) {
  ASSERT_TRUE(store_.revoke(of_user("u1")));
  store_.clock.step_wall(-Milliseconds(1000));
  ASSERT_TRUE(store_.revoke(of_user("u2")));
  const auto batches = store_.batches();
  ASSERT_EQ(batches.size(), 3U);
  EXPECT_EQ(batches[2].position.term, batches[1].position.term);
  EXPECT_GE(batches[2].at, batches[1].at);
}

TEST_F(WriterTest, BeginsATermForAClockThatWasSetBackFurther) {
  ASSERT_TRUE(store_.revoke(of_user("u1")));
  store_.clock.step_wall(-Milliseconds(1002));
  ASSERT_TRUE(store_.revoke(of_user("u2")));
  const auto batches = store_.batches();
  ASSERT_EQ(batches.size(), 4U);
  EXPECT_EQ(batches[2].kind, Kind::kTerm);
  EXPECT_GT(batches[2].position.term, batches[1].position.term);
  EXPECT_LT(batches[2].at, batches[1].at);
  EXPECT_EQ(batches[3].position.term, batches[2].position.term);
}

TEST_F(WriterTest, NoticesAClockThatWasSetBackThoughNobodyRevokes) {
  const Position before = store_.committer->head();
  for (int i = 0; i < 10; ++i) store_.step(Milliseconds(60'000));  // heartbeats said these times
  EXPECT_EQ(store_.committer->head(), before);
  store_.clock.step_wall(-Milliseconds(5000));
  store_.step(Milliseconds(1000));
  EXPECT_GT(store_.committer->head().term, before.term);
  EXPECT_EQ(store_.batches().size(), 2U);
}

// What was held back meanwhile would else look as fresh as the clock was set forward.
TEST_F(WriterTest, BeginsATermForAClockThatWasSetForward) {
  ASSERT_TRUE(store_.revoke(of_user("u1")));
  store_.clock.step_wall(Milliseconds(1100));
  ASSERT_TRUE(store_.revoke(of_user("u2")));
  const auto batches = store_.batches();
  ASSERT_EQ(batches.size(), 4U);
  EXPECT_EQ(batches[2].kind, Kind::kTerm);
  EXPECT_GT(batches[2].position.term, batches[1].position.term);
  EXPECT_GE(batches[2].at - batches[1].at, Milliseconds(1100));
}

TEST_F(WriterTest, DoesNotBelieveAClockThatWasSetForwardALittleBeforeTheNextTerm) {
  ASSERT_TRUE(store_.revoke(of_user("u1")));
  store_.clock.step_wall(Milliseconds(900));
  ASSERT_TRUE(store_.revoke(of_user("u2")));
  const auto batches = store_.batches();
  ASSERT_EQ(batches.size(), 3U);
  EXPECT_EQ(batches[2].position.term, batches[1].position.term);
  EXPECT_LT(batches[2].at - batches[1].at, Milliseconds(100));
}

TEST_F(WriterTest, NoticesAClockThatWasSetForwardThoughNobodyRevokes) {
  const Position before = store_.committer->head();
  for (int i = 0; i < 10; ++i) store_.step(Milliseconds(1000));
  EXPECT_EQ(store_.committer->head(), before);
  store_.clock.step_wall(Milliseconds(5000));
  store_.step(Milliseconds(1000));
  EXPECT_GT(store_.committer->head().term, before.term);
}

TEST_F(WriterTest, BeginsATermAboveBothWhenTheDatabaseFallsBehind) {
  ASSERT_TRUE(store_.revoke(of_user("u1")));
  const Position seen = store_.committer->head();
  const auto first = store_.batches()[0];
  const auto hash = store_.store_log->read_after({}, 1)->front().hash;
  const auto database = connect(store_.path);
  ASSERT_TRUE(database->execute("DELETE FROM batch WHERE number > 1"));
  ASSERT_TRUE(move_head(*database, first.position, hash, first.at));

  ASSERT_TRUE(store_.revoke(of_user("u2")));
  const auto batches = store_.batches();
  ASSERT_EQ(batches.size(), 3U);
  EXPECT_EQ(batches[1].kind, Kind::kTerm);
  EXPECT_GT(batches[1].position.term, seen.term);
  EXPECT_EQ(batches[2].revocations[0].cut, batches[2].position);
}

TEST_F(WriterTest, SharesOneLogAmongSeveralNodes) {
  auto other = Committer::open(store_.options, connect(store_.path), store_.key, store_.log,
                               store_.clock.now(), [] {});
  ASSERT_TRUE(other);
  int answered = 0;
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(store_.revoke(of_user("a")));
    (*other)->submit(
        [](Transaction& transaction) -> Result<void> {
          TRY(transaction.revoke(of_user("b"), "test", ""));
          return {};
        },
        [&answered](const Result<Committer::Committed>& committed) {
          answered += committed.has_value() ? 1 : 0;
        });
    store_.clock.advance(Milliseconds(5));
    (*other)->step(store_.clock.now());
  }
  EXPECT_EQ(answered, 10);
  EXPECT_EQ(store_.batches().size(), 22U);  // two terms began, then all in the second
}

TEST_F(WriterTest, PutsEveryPositionOfARestoredCopyAboveAllThatWereLost) {
  lose(of_user("u1"));
  EXPECT_GT(store_.committer->head(), lost_head_);
  EXPECT_EQ(store_.committer->head().number, 2U);
}

TEST_F(WriterTest, CoversALostHistoryByACutOfItsIssuer) {
  lose(of_user("u1"));
  const auto recovered = recover(lost_heartbeat_);
  ASSERT_TRUE(recovered);
  EXPECT_TRUE(*recovered);
  const auto batches = store_.batches();
  ASSERT_EQ(batches.size(), 4U);
  EXPECT_EQ(batches[2].kind, Kind::kTerm);
  EXPECT_GT(batches[2].position.term, lost_head_.term);
  ASSERT_EQ(batches[3].revocations.size(), 1U);
  const revocation::Revocation& cut = batches[3].revocations[0];
  EXPECT_EQ(cut.target, (revocation::Target{std::string(kIssuer), "iss", std::string(kIssuer)}));
  EXPECT_EQ(cut.cut, batches[2].position);
  EXPECT_EQ(store_.committer->head(), batches[3].position);
}

TEST_F(WriterTest, KeepsTheCutAsLongAsTokensLive) {
  const IssuanceBounds minted{store_.clock.now().wall, std::chrono::seconds(900)};
  IssuanceBounds stored;
  ASSERT_TRUE(store_.run([&](Transaction& transaction) -> Result<void> {
    TRY(transaction.raise_bounds(minted));
    stored = transaction.bounds();
    return {};
  }));
  lose(of_user("u1"));
  ASSERT_TRUE(*recover(lost_heartbeat_));
  EXPECT_EQ(store_.batches().back().revocations[0].until,
            last_expiry(stored, store_.clock.now().wall));
}

TEST_F(WriterTest, TakesEachLossOnce) {
  ASSERT_TRUE(store_.revoke(of_user("u0")));
  lose(of_user("u1"));
  ASSERT_TRUE(*recover(lost_heartbeat_));
  const Position head = store_.committer->head();
  for (const std::string& proof : {lost_heartbeat_, lost_batch_}) {
    const auto again = recover(proof);
    ASSERT_TRUE(again);
    EXPECT_FALSE(*again);
  }
  EXPECT_EQ(store_.committer->head(), head);
  ASSERT_TRUE(store_.open());
  EXPECT_FALSE(*recover(lost_heartbeat_));
}

TEST_F(WriterTest, TakesABatchForAProof) {
  lose(of_user("u1"));
  EXPECT_TRUE(*recover(lost_batch_));
}

TEST_F(WriterTest, SaysWhereALostHistoryAndItsOwnPart) {
  ASSERT_TRUE(store_.revoke(of_user("u0")));
  const auto common = store_.store_log->head();
  lose(of_user("u1"));
  const auto lost = store_.committer->find_lost(lost_heartbeat_);
  ASSERT_TRUE(lost && *lost);
  EXPECT_EQ((*lost)->proof.position, lost_head_);
  EXPECT_EQ((*lost)->common.position, common->position);
  EXPECT_EQ((*lost)->common.head, common->hash);
  EXPECT_EQ((*lost)->parted, store_.committer->head().term);
  ASSERT_TRUE(*recover(lost_heartbeat_));
  const auto again = store_.committer->find_lost(lost_heartbeat_);
  ASSERT_TRUE(again);
  EXPECT_FALSE(*again) << "it says nothing new";
}

TEST_F(WriterTest, WhatWasTakenBackIsCommittedInTheTermThatBegins) {
  lose(of_user("u1"));
  Committer::TakenBack taken;
  taken.complete = true;
  Position first;
  taken.commit_anew = [&first](Transaction& transaction, Position of_term) -> Result<void> {
    first = of_term;
    TRY(transaction.revoke(of_user("u1"), "authority", "taken back"));
    return {};
  };
  ASSERT_TRUE(*store_.committer->recover(lost_heartbeat_, true, store_.clock.now(), taken));
  const auto batches = store_.batches();
  ASSERT_EQ(batches.size(), 4U);
  EXPECT_EQ(batches[2].position, first);
  ASSERT_EQ(batches[3].revocations.size(), 1U);
  EXPECT_EQ(batches[3].revocations[0].target.claim, "sub") << "and no cut of the issuer";
}

TEST_F(WriterTest, WhereItCannotBeCommittedAnewOrIsNotAllTheCutCoversIt) {
  for (const bool fails : {true, false}) {
    store_.clock.advance(std::chrono::hours(1));
    lose(of_user("u1"));
    Committer::TakenBack taken;
    taken.complete = fails;
    taken.commit_anew = [fails](Transaction& transaction, Position) -> Result<void> {
      TRY(transaction.revoke(of_user("u1"), "authority", "taken back"));
      if (fails) return fail(ErrorCode::kInvalid, "no such row");
      return {};
    };
    ASSERT_TRUE(*store_.committer->recover(lost_heartbeat_, true, store_.clock.now(), taken));
    const auto last = store_.batches().back();
    ASSERT_EQ(last.revocations.size(), fails ? 1U : 2U);
    EXPECT_EQ(last.revocations.back().target.claim, "iss");
    std::filesystem::remove(folder_.file("copy.db"));
  }
}

TEST_F(WriterTest, RemembersWhatMayStillComeUntilItsTime) {
  ASSERT_TRUE(store_.revoke(of_user("u0")));
  lose(of_user("u1"));
  const auto lost = store_.committer->find_lost(lost_heartbeat_);
  ASSERT_TRUE(lost && *lost);
  Committer::TakenBack taken;
  taken.missing = {.position = lost_head_, .head = (*lost)->proof.hash};
  taken.late = std::chrono::hours(1);
  const WallTime end = store_.clock.now().wall + taken.late;
  ASSERT_TRUE(*store_.committer->recover(lost_heartbeat_, true, store_.clock.now(), taken));
  const auto batches = store_.batches();
  ASSERT_TRUE(store_.open());
  const auto open = store_.committer->open_loss(end - Milliseconds(1));
  ASSERT_TRUE(open && *open);
  EXPECT_EQ((*open)->lost.common, (*lost)->common);
  EXPECT_EQ((*open)->lost.proof.position, lost_head_);
  EXPECT_EQ((*open)->missing.head, (*lost)->proof.hash);
  EXPECT_EQ((*open)->cut, batches.at(batches.size() - 2).position) << "the term's first";
  EXPECT_FALSE(*store_.committer->open_loss(end));

  // What is not the newest that is missing moves nothing; the last that was missing ends it.
  const auto took_back = [&](std::uint64_t number) {
    EXPECT_TRUE(store_.run([&](Transaction& transaction) {
      return transaction.losses().took_back(lost_head_, number, (*lost)->common.head);
    }));
    return *store_.committer->open_loss(end - Milliseconds(1));
  };
  EXPECT_TRUE(took_back(lost_head_.number - 1));
  EXPECT_EQ(took_back(lost_head_.number - 1)->missing.position.number, lost_head_.number);
  EXPECT_FALSE(took_back(lost_head_.number));
}

TEST_F(WriterTest, OnlyRecordsALossWhereItIsNotToCut) {
  lose(of_user("u1"));
  ASSERT_TRUE(*recover(lost_heartbeat_, false));
  EXPECT_EQ(store_.batches().back().kind, Kind::kTerm);
  EXPECT_FALSE(*recover(lost_heartbeat_, true));
}

TEST_F(WriterTest, BeginsATermAboveTheLostOneThoughItsClockIsBehind) {
  const std::string copy = folder_.file("copy.db");
  copy_database(store_.path, copy);
  store_.clock.advance(std::chrono::hours(1));
  ASSERT_TRUE(store_.open());  // a later term, which is then lost
  const std::string proof = store_.heartbeat();
  const Position lost = store_.committer->head();
  store_.close();
  copy_database(copy, store_.path);
  store_.clock.step_wall(-std::chrono::hours(1));
  ASSERT_TRUE(store_.open());
  ASSERT_LT(store_.committer->head().term, lost.term);
  ASSERT_TRUE(*recover(proof));
  EXPECT_EQ(store_.committer->head().term, lost.term + 1);
}

TEST_F(WriterTest, IsNotTroubledByWhatItsLogContains) {
  ASSERT_TRUE(store_.revoke(of_user("u1")));
  const std::string old = store_.heartbeat();
  ASSERT_TRUE(store_.open());
  const auto known = recover(old);
  ASSERT_TRUE(known);
  EXPECT_FALSE(*known);
}

TEST_F(WriterTest, BelievesNoWordThatIsForgedOrOfAnotherFeed) {
  lose(of_user("u1"));
  const Position head = store_.committer->head();
  const auto forger = jwt::SigningKey::generate(jwt::Algorithm::kEdDsa);
  ASSERT_TRUE(forger);
  feed::Heartbeat word{.issuer = std::string(kIssuer),
                       .feed = "default",
                       .head = {9'000'000'000'000, 9},
                       .hash = {},
                       .at = store_.clock.now().wall};
  const std::string forged = feed::seal(word, *forger);
  word.feed = "other";
  const std::string foreign = feed::seal(word, *store_.key);
  for (const std::string& proof : {forged, foreign, std::string("x.y.z"), std::string()}) {
    EXPECT_EQ(recover(proof).error().code, ErrorCode::kCorrupt);
  }
  EXPECT_EQ(store_.committer->head(), head);
  word.feed = "default";
  EXPECT_TRUE(*recover(feed::seal(word, *store_.key)));
}

TEST_F(WriterTest, CommitsLostRevocationsAnewWithTheCutsTheyHad) {
  lose(of_user("u1"));
  ASSERT_TRUE(*recover(lost_heartbeat_));
  const auto word = feed::read_word(lost_batch_);
  ASSERT_TRUE(word);
  const auto& lost = std::get<feed::Batch>(word->content).revocations.front();
  ASSERT_TRUE(store_.revoke(lost));
  EXPECT_EQ(store_.batches().back().revocations.front(), lost);
}

TEST_F(WriterTest, LeadsFollowersFromOneKeyToTheNext) {
  auto next = jwt::SigningKey::generate(jwt::Algorithm::kEdDsa);
  ASSERT_TRUE(next);
  const auto shared = std::make_shared<const jwt::SigningKey>(*std::move(next));
  ASSERT_TRUE(store_.committer->change_key(shared, store_.clock.now()));
  ASSERT_TRUE(store_.revoke(of_user("u1")));
  const auto last = store_.store_log->read_after({store_.committer->head().term, 2}, 1);
  ASSERT_TRUE(last);
  EXPECT_EQ(feed::read_word(last->front().jws)->key_id, shared->key_id());

  // A follower that is pinned to the old key opens a snapshot that the new one signs.
  StoreLog log({.issuer = std::string(kIssuer)}, connect(store_.path), shared, store_.clock,
               store_.committer->steady_time());
  const auto snapshot = log.snapshot();
  ASSERT_TRUE(snapshot);
  const auto opened = feed::open_snapshot(*snapshot, store_.keys());
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->manifest.keys.front(), shared->public_key().public_jwk());
}

}  // namespace
}  // namespace rescind::store

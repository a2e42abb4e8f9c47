#include "store/store_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "feed/batch_log_conformance.h"
#include "feed/snapshot.h"
#include "store/store_for_test.h"

namespace rescind::store {
namespace {

class StoreLogTest : public testing::Test {
 protected:
  feed::OpenedSnapshot open(const feed::Snapshot& snapshot) {
    auto opened = feed::open_snapshot(snapshot, store_.keys());
    EXPECT_TRUE(opened);
    return *std::move(opened);
  }
  ErrorCode code_after(Position position) {
    return store_.store_log->read_after(position, 10).error().code;
  }

  TemporaryFolder folder_;
  StoreForTest store_{folder_.file("test.db")};
};

class StoreLogUnderTest final : public feed::BatchLogUnderTest {
 public:
  feed::BatchLog& log() override { return *store_.store_log; }
  const jwt::KeySet& keys() override { return keys_; }
  void commit(std::size_t batches) override {
    for (; batches > 0; --batches) EXPECT_TRUE(store_.revoke(of_session("s")));
  }
  bool keep_tail(std::size_t batches) override {
    const std::uint64_t first = store_.committer->head().number + 1 - batches;
    return connect(store_.path)
        ->execute("DELETE FROM batch WHERE number < " + std::to_string(first))
        .has_value();
  }

 private:
  TemporaryFolder folder_;
  StoreForTest store_{folder_.file("test.db")};
  jwt::KeySet keys_ = store_.keys();
};

}  // namespace
}  // namespace rescind::store

namespace rescind::feed {
INSTANTIATE_TEST_SUITE_P(Sqlite, BatchLogConformance, testing::Values([] {
                           return std::make_unique<store::StoreLogUnderTest>();
                         }));
}  // namespace rescind::feed

namespace rescind::store {
namespace {

TEST_F(StoreLogTest, TellsTheHeadWithATimeThatWasReadBefore) {
  ASSERT_TRUE(store_.revoke(of_session("s1")));
  store_.clock.advance(Milliseconds(7));
  const auto head = store_.store_log->head();
  ASSERT_TRUE(head);
  EXPECT_EQ(head->position, store_.committer->head());
  EXPECT_EQ(head->at, store_.clock.now().wall);
  EXPECT_EQ(head->hash, store_.store_log->read_after({head->position.term, 1}, 1)->front().hash);
}

// A heartbeat that says the time of a clock that was set forward would make others look fresh.
TEST_F(StoreLogTest, BelievesAClockThatWasSetForwardFromTheNextTermOn) {
  const auto before = store_.store_log->head();
  ASSERT_TRUE(before);
  store_.clock.step_wall(Milliseconds(5000));
  store_.clock.advance(Milliseconds(10));
  const auto same_term = store_.store_log->head();
  ASSERT_TRUE(same_term);
  EXPECT_LE(same_term->at - before->at, Milliseconds(11));
  store_.step(Milliseconds(1000));
  const auto next_term = store_.store_log->head();
  ASSERT_TRUE(next_term);
  EXPECT_GT(next_term->position.term, before->position.term);
  EXPECT_EQ(next_term->at, store_.clock.now().wall);
}

// The simulator's seed 2834829: such a word would not confirm the term to who has its batches.
TEST_F(StoreLogTest, TellsNoTimeBeforeThatOfTheHeadsBatch) {
  ASSERT_TRUE(store_.revoke(of_session("s1")));
  const WallTime of_the_batch = store_.clock.now().wall;
  store_.clock.step_wall(Milliseconds(-700));
  StoreLog other({.issuer = std::string(kIssuer)}, connect(store_.path), store_.key, store_.clock,
                 std::make_shared<SteadyTime>());
  EXPECT_EQ(other.head()->at, of_the_batch);
  store_.clock.advance(Milliseconds(710));
  EXPECT_EQ(other.head()->at, store_.clock.now().wall);
}

// The simulator's seed 42129707: a log that was not asked before the clock was set back.
TEST_F(StoreLogTest, TellsTheTimeThatBatchesTell) {
  store_.clock.advance(std::chrono::seconds(10));
  const WallTime now = store_.clock.now().wall;
  store_.clock.step_wall(Milliseconds(-700));
  const WallTime told = store_.store_log->head()->at;
  ASSERT_TRUE(store_.revoke(of_session("s1")));
  EXPECT_LE(std::chrono::abs(store_.batches().back().at - told), Milliseconds(100));
  EXPECT_GE(told, now - Milliseconds(10)) << "a thousandth for drift";
}

TEST_F(StoreLogTest, IsEmptyBeforeTheFirstWriter) {
  const std::string path = folder_.file("new.db");
  StoreLog log({.issuer = std::string(kIssuer)}, connect_migrated(path), store_.key, store_.clock,
               std::make_shared<SteadyTime>());
  const auto head = log.head();
  ASSERT_TRUE(head);
  EXPECT_EQ(head->position, Position{});
}

TEST_F(StoreLogTest, ReadsInOrderUpToALimit) {
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(store_.revoke(of_session(id)));
  const auto two = store_.store_log->read_after({}, 2);
  ASSERT_TRUE(two);
  ASSERT_EQ(two->size(), 2U);
  const auto rest = store_.store_log->read_after(two->back().position, 100);
  ASSERT_TRUE(rest);
  ASSERT_EQ(rest->size(), 2U);
  EXPECT_EQ(rest->back().position, store_.committer->head());
  EXPECT_TRUE(store_.store_log->read_after(store_.committer->head(), 100)->empty());
  EXPECT_TRUE(store_.store_log->read_after({}, 0)->empty());
}

TEST_F(StoreLogTest, CallsPositionsThatItNeverHadAConflict) {
  ASSERT_TRUE(store_.revoke(of_session("s1")));
  const Position first_term = store_.committer->head();
  store_.clock.advance(Milliseconds(1000));
  ASSERT_TRUE(store_.open());
  const Position head = store_.committer->head();
  EXPECT_TRUE(store_.store_log->read_after(first_term, 10));
  EXPECT_EQ(code_after({head.term, head.number + 1}), ErrorCode::kConflict);
  EXPECT_EQ(code_after({head.term + 1, 1}), ErrorCode::kConflict);
  EXPECT_EQ(code_after({first_term.term, first_term.number + 1}), ErrorCode::kConflict);
  EXPECT_EQ(code_after({first_term.term - 1, 1}), ErrorCode::kConflict);
}

TEST_F(StoreLogTest, ShowsABatchOnlyWhenItIsCommitted) {
  std::size_t seen = 0;
  ASSERT_TRUE(store_.run([this, &seen](Transaction& transaction) -> Result<void> {
    TRY(transaction.revoke(of_session("s1"), "test", ""));
    seen = store_.batches().size();
    return {};
  }));
  EXPECT_EQ(seen, 1U);
  EXPECT_EQ(store_.batches().size(), 2U);
}

TEST_F(StoreLogTest, MakesASnapshotOfAllThatLives) {
  ASSERT_TRUE(store_.revoke(of_session("s1")));
  ASSERT_TRUE(store_.revoke(of_user("u1")));
  const auto snapshot = store_.store_log->snapshot();
  ASSERT_TRUE(snapshot);
  const feed::OpenedSnapshot opened = open(*snapshot);
  EXPECT_EQ(opened.manifest.position, store_.committer->head());
  EXPECT_EQ(opened.manifest.terms.size(), 1U);
  EXPECT_EQ(opened.manifest.head, store_.store_log->head()->hash);
  revocation::Revocation user = of_user("u1");
  user.cut = store_.committer->head();
  EXPECT_THAT(opened.entries, testing::UnorderedElementsAre(revocation::entry_of(of_session("s1")),
                                                            revocation::entry_of(user)));
}

TEST_F(StoreLogTest, ServesASnapshotAgainUntilItIsOldAndSomethingHasChanged) {
  const auto first = store_.store_log->snapshot();
  ASSERT_TRUE(store_.revoke(of_session("s1")));
  EXPECT_EQ(store_.store_log->snapshot()->manifest, first->manifest);
  store_.clock.advance(store_.options.snapshot_every);
  const auto second = store_.store_log->snapshot();
  EXPECT_EQ(open(*second).entries.size(), 1U);
  store_.clock.advance(store_.options.snapshot_every);
  EXPECT_EQ(store_.store_log->snapshot()->manifest, second->manifest);  // nothing has changed
}

TEST_F(StoreLogTest, NeverServesASnapshotThatTheTailDoesNotReach) {
  ASSERT_TRUE(store_.store_log->snapshot());
  ASSERT_TRUE(store_.revoke(of_session("s1")));
  ASSERT_TRUE(store_.revoke(of_session("s2")));
  ASSERT_TRUE(connect(store_.path)->execute("DELETE FROM batch WHERE number < 3"));
  const auto snapshot = store_.store_log->snapshot();
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(open(*snapshot).manifest.position, store_.committer->head());
}

}  // namespace
}  // namespace rescind::store

#include "store/housekeeping.h"

#include <gtest/gtest.h>

#include "store/head_row.h"
#include "store/limits.h"
#include "store/repositories.h"
#include "store/revocation_rows.h"
#include "store/store_for_test.h"

namespace rescind::store {
namespace {

using std::chrono::seconds;

constexpr BootTime kBoot{seconds(1000)};

TEST(PurgeClock, FollowsTheClock) {
  PurgeClock clock(wall_from_seconds(100), kBoot);
  EXPECT_EQ(clock.advance({wall_from_seconds(101), kBoot + seconds(1)}), wall_from_seconds(101));
}

TEST(PurgeClock, MovesAtMostTwiceAsFastAsTheBootTimeClock) {
  PurgeClock clock(wall_from_seconds(100), kBoot);
  const WallTime wrong = wall_from_seconds(1'000'000);
  EXPECT_EQ(clock.advance({wrong, kBoot + seconds(1)}), wall_from_seconds(102));
  EXPECT_EQ(clock.advance({wrong, kBoot + seconds(1)}), wall_from_seconds(102));
  EXPECT_EQ(clock.advance({wrong, kBoot + seconds(3)}), wall_from_seconds(106));
}

TEST(PurgeClock, NeverFalls) {
  PurgeClock clock(wall_from_seconds(100), kBoot);
  EXPECT_EQ(clock.advance({wall_from_seconds(50), kBoot + seconds(9)}), wall_from_seconds(100));
}

class HousekeepingTest : public testing::Test {
 protected:
  std::size_t entries() {
    const auto database = connect(store_.path);
    return Revocations(*database).live({})->size();
  }
  revocation::UntilSeconds in(int later) {
    return static_cast<revocation::UntilSeconds>(to_seconds(store_.clock.now().wall) + later);
  }

  TemporaryFolder folder_;
  StoreForTest store_{folder_.file("test.db")};
};

TEST_F(HousekeepingTest, ForgetsEntriesAfterTheirUntil) {
  ASSERT_TRUE(store_.revoke(of_session("short", in(10))));
  ASSERT_TRUE(store_.revoke(of_session("long", in(100))));
  store_.step(seconds(9));
  EXPECT_EQ(entries(), 2U);
  store_.step(seconds(3));
  EXPECT_EQ(entries(), 1U);
}

TEST_F(HousekeepingTest, KeepsEntriesOfLivingTokensThoughTheClockRunsAway) {
  ASSERT_TRUE(store_.revoke(of_session("s1", in(100))));
  store_.clock.step_wall(std::chrono::hours(10));
  store_.step(seconds(2));
  EXPECT_EQ(entries(), 1U);
}

TEST_F(HousekeepingTest, GoesOnFromTheStoredPurgeTimeAfterARestart) {
  ASSERT_TRUE(store_.revoke(of_session("s1", in(10))));
  store_.step(seconds(12));
  const WallTime purged = store_.clock.now().wall;
  store_.clock.step_wall(-seconds(3600));
  ASSERT_TRUE(store_.open());
  store_.step(seconds(2));
  const auto database = connect(store_.path);
  const auto head = read_head(*database);
  ASSERT_TRUE(head && *head);
  EXPECT_EQ((*head)->purge_time, purged);
}

TEST_F(HousekeepingTest, LetsGoOfTheTailAfterItsRetentionButNeverOfTheHead) {
  ASSERT_TRUE(store_.revoke(of_session("s1")));
  ASSERT_TRUE(store_.revoke(of_session("s2")));
  const Position head = store_.committer->head();
  store_.step(store_.options.retention - seconds(1));
  EXPECT_EQ(store_.batches().size(), 3U);
  store_.step(seconds(10));
  const auto gone = store_.store_log->read_after({}, 10);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::kGone);
  const auto last = store_.store_log->read_after({head.term, head.number - 1}, 10);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->size(), 1U);
}

TEST_F(HousekeepingTest, DoesABoundedAmountOfWorkAtATime) {
  {
    const auto database = connect(store_.path);
    ASSERT_TRUE(database->begin());
    for (std::size_t i = 0; i < kMaxForgottenRows + 1; ++i) {
      ASSERT_TRUE(join_entry(*database, of_session(std::to_string(i), in(1))));
    }
    ASSERT_TRUE(database->commit());
  }
  const BootTime next = store_.step(seconds(5));
  EXPECT_EQ(entries(), 1U);
  EXPECT_LT(next - store_.clock.now().boot, kHousekeepingEvery);
  store_.step(Milliseconds(100));
  EXPECT_EQ(entries(), 0U);
}

TEST_F(HousekeepingTest, ForgetsRecordsAfterTheirRetention) {
  ASSERT_TRUE(store_.revoke(of_session("s1")));
  store_.step(store_.options.record_retention - seconds(1));
  const auto database = connect(store_.path);
  EXPECT_EQ(Revocations(*database).records({})->size(), 1U);
  store_.step(seconds(2));
  EXPECT_EQ(Revocations(*database).records({})->size(), 0U);
}

TEST_F(HousekeepingTest, TriesAgainLaterWhereTheDatabaseIsBusy) {
  ASSERT_TRUE(store_.revoke(of_session("s1", in(1))));
  const auto other = connect(store_.path);
  ASSERT_TRUE(other->begin());
  store_.step(seconds(3));
  other->rollback();
  EXPECT_EQ(entries(), 1U);
  store_.step(seconds(3));
  EXPECT_EQ(entries(), 0U);
}

}  // namespace
}  // namespace rescind::store

#include "agent/backfill.h"

#include <gtest/gtest.h>

#include "feed/follower_for_test.h"

namespace rescind::agent {
namespace {

using feed::Position;
using feed::revoke_session;

class BackfillTest : public testing::Test {
 protected:
  BackfillTest() {
    for (int i = 0; i < 50; ++i) authority.revoke({revoke_session("s" + std::to_string(i))});
    feed::Manifest place;
    place.position = authority.position();
    place.head = authority.last().hash;
    place.terms = authority.terms();
    log.start_at(place);
  }
  Result<void> reach(Position from, std::size_t max_bytes = std::size_t{1} << 20U) {
    Backfill backfill(log, origin, max_bytes);
    Result<void> result = fail(ErrorCode::kInternal, "not answered");
    backfill.reach(from, [&result](Result<void> answer) { result = std::move(answer); });
    EXPECT_FALSE(backfill.under_way());
    return result;
  }

  feed::AuthorityForTest authority;
  feed::OriginForTest origin{authority};
  ServedLog log{{}};
};

TEST_F(BackfillTest, FetchesRunAfterRunUpToWhatIsThere) {
  const Position from = authority.log()[9].position;
  ASSERT_TRUE(reach(from));
  EXPECT_EQ(log.floor().position, from);
  EXPECT_EQ(log.read_after(from, 100)->size(), 41U);
  EXPECT_EQ(origin.batch_questions, 3) << "sixteen at a time";
  ASSERT_TRUE(reach(from)) << "already there";
  EXPECT_EQ(origin.batch_questions, 3);
}

TEST_F(BackfillTest, SaysWhatUpstreamSays) {
  authority.keep_tail(10);
  EXPECT_EQ(reach({1000, 1}).error().code, ErrorCode::kGone);
  origin.reachable = false;
  EXPECT_EQ(reach({1000, 45}).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(log.batches(), 0U);
}

TEST_F(BackfillTest, TakesNothingThatDoesNotLeadHere) {
  feed::AuthorityForTest other(feed::test_key(0));
  for (int i = 0; i < 50; ++i) other.revoke({revoke_session("other" + std::to_string(i))});
  origin.point_at(other);
  EXPECT_EQ(reach({1000, 40}).error().code, ErrorCode::kCorrupt);
  feed::AuthorityForTest shorter(feed::test_key(0));
  origin.point_at(shorter);
  EXPECT_EQ(reach({1000, 1}).error().code, ErrorCode::kCorrupt) << "ends before it gets here";
  EXPECT_EQ(log.batches(), 0U);
}

TEST_F(BackfillTest, FetchesNoMoreThanItsLimit) {
  std::size_t bytes = 0;
  for (std::size_t i = 41; i < authority.log().size(); ++i) bytes += authority.log()[i].jws.size();
  const Position from = authority.log()[40].position;
  EXPECT_EQ(reach(from, bytes - 1).error().code, ErrorCode::kTooLarge);
  EXPECT_TRUE(reach(from, bytes));
}

}  // namespace
}  // namespace rescind::agent

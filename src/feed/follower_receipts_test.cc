#include <gtest/gtest.h>

#include "feed/follower_for_test.h"

namespace rescind::feed {
namespace {

TEST(FollowerReceipts, AreNotSentBeforeReadersSeeTheIndex) {
  AuthorityForTest authority;
  OriginForTest origin(authority);
  bool seen = false;
  Follower::Options options = FollowerForTest::options();
  options.is_seen = [&seen] { return seen; };
  FollowerForTest follower(origin, nullptr, authority.now, std::move(options));
  follower.run();
  ASSERT_TRUE(follower.follower.ready());
  follower.hear(authority.revoke({revoke_session("urgent")}, true).jws);
  follower.run(std::chrono::seconds(20));
  EXPECT_TRUE(origin.reports.empty());
  seen = true;
  follower.run(std::chrono::seconds(2));
  ASSERT_FALSE(origin.reports.empty());
  EXPECT_EQ(origin.reports.front().applied, authority.position());
}

}  // namespace
}  // namespace rescind::feed

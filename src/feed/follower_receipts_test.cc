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

TEST(FollowerReceipts, SayByWhichRoadTheFirstCopyCameAndHowLongAgo) {
  AuthorityForTest authority;
  OriginForTest origin(authority);
  FollowerForTest follower(origin, nullptr, authority.now);
  follower.run();
  follower.run(std::chrono::seconds(20));
  const auto hear = [&](const Sealed& batch, std::string_view road) {
    follower.follower.on_word(batch.jws, follower.clock.now(), road);
  };
  origin.reports.clear();
  const Sealed urgent = authority.revoke({revoke_session("urgent")}, true);
  hear(urgent, "kafka");
  hear(urgent, "https");
  follower.run();
  ASSERT_EQ(origin.reports.size(), 1U);
  EXPECT_EQ(origin.reports.back().road, "kafka");
  EXPECT_EQ(origin.reports.back().age, std::chrono::microseconds(0));

  hear(authority.revoke({revoke_session("other")}), "https");
  follower.run(std::chrono::seconds(1));
  ASSERT_EQ(origin.reports.size(), 2U) << "when its turn is";
  EXPECT_EQ(origin.reports.back().applied, authority.position());
  EXPECT_EQ(origin.reports.back().road, "https");
  EXPECT_EQ(origin.reports.back().age, std::chrono::seconds(1));

  follower.run(std::chrono::seconds(20));
  ASSERT_GE(origin.reports.size(), 3U);
  EXPECT_EQ(origin.reports.back().age, std::nullopt) << "no news";

  authority.revoke({revoke_session("lost on the way")});
  follower.follower.on_word(authority.heartbeat(), follower.clock.now(), "https");
  follower.run(std::chrono::seconds(2));
  EXPECT_EQ(origin.reports.back().applied, authority.position());
  EXPECT_EQ(origin.reports.back().road, kFromOrigin);
}

}  // namespace
}  // namespace rescind::feed

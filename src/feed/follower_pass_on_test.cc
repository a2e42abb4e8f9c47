// What a follower tells who serves the feed on.

#include <gtest/gtest.h>

#include "feed/follower_for_test.h"

namespace rescind::feed {
namespace {

class PassOnTest : public testing::Test {
 protected:
  void listen() {
    one.follower.pass_on(
        {.on_place = [this](const Manifest& place) { places.push_back(place.position); },
         .on_link = [this](const Received& link) { links.push_back(link.jws); },
         .on_heartbeat = [this](const Heartbeat&,
                                std::string_view jws) { heartbeats.emplace_back(jws); }});
  }

  AuthorityForTest authority;
  OriginForTest origin{authority};
  FollowerForTest one{origin, nullptr, authority.now};
  std::vector<Position> places;
  std::vector<std::string> links;
  std::vector<std::string> heartbeats;
};

TEST_F(PassOnTest, ItsPlaceThenEachLinkInOrderAsItWasReceived) {
  listen();
  authority.keep_tail(1);
  one.run(Milliseconds(100));
  ASSERT_EQ(places.size(), 1U);
  EXPECT_EQ(places.front(), authority.position());
  const Sealed first = authority.revoke({revoke_session("a")});
  const Sealed second = authority.revoke({revoke_session("b")});
  one.hear(second.jws);
  EXPECT_TRUE(links.empty()) << "before its turn";
  one.hear(first.jws);
  EXPECT_EQ(links, (std::vector{first.jws, second.jws}));
}

TEST_F(PassOnTest, AHeartbeatOnceItsHeadIsReached) {
  listen();
  one.run(Milliseconds(100));
  heartbeats.clear();
  authority.now += Milliseconds(1'000);
  const Sealed batch = authority.revoke({revoke_session("a")});
  const std::string heartbeat = authority.heartbeat();
  one.hear(heartbeat);
  EXPECT_TRUE(heartbeats.empty());
  one.hear(batch.jws);
  EXPECT_EQ(heartbeats, std::vector{heartbeat});
}

TEST_F(PassOnTest, NoHeartbeatOfATermThatTheOriginHasNotConfirmed) {
  listen();
  one.run(Milliseconds(100));
  heartbeats.clear();
  origin.reachable = false;
  authority.now += Milliseconds(1'000);
  one.hear(authority.begin_term(2000).jws);
  authority.now += Milliseconds(1'000);
  one.hear(authority.heartbeat());
  EXPECT_TRUE(heartbeats.empty()) << "some road may have held it back";
  origin.reachable = true;
  const std::string told = authority.heartbeat();
  one.run(Milliseconds(2'000));
  EXPECT_EQ(heartbeats, std::vector{told}) << "the origin's own";
  authority.now += Milliseconds(1'000);
  one.hear(authority.heartbeat());
  EXPECT_EQ(heartbeats.size(), 2U);
}

TEST_F(PassOnTest, NoHeartbeatOfARoadWhereTheOriginHasOnlyFailed) {
  listen();
  origin.reachable = false;
  const auto batches = authority.read_after({}, 10);
  for (const Sealed& batch : *batches) one.hear(batch.jws);
  one.hear(authority.heartbeat());
  one.run(Milliseconds(100));
  authority.now += Milliseconds(1'000);
  one.hear(authority.heartbeat());
  EXPECT_TRUE(one.follower.ready());
  EXPECT_TRUE(heartbeats.empty());
}

TEST_F(PassOnTest, TheOriginsWordThatCameBeforeItsHead) {
  listen();
  origin.has_batches = origin.has_snapshot = false;
  authority.revoke({revoke_session("a")});
  one.run(Milliseconds(100));
  const std::string told = authority.heartbeat();
  EXPECT_TRUE(heartbeats.empty());
  origin.has_batches = origin.has_snapshot = true;
  for (int i = 0; i < 100 && !one.follower.ready(); ++i) one.run(Milliseconds(100));
  ASSERT_TRUE(one.follower.ready());
  EXPECT_EQ(heartbeats.front(), told);
}

TEST_F(PassOnTest, NoHeartbeatBeforeTheOriginHasAnswered) {
  listen();
  one.hear(authority.revoke({revoke_session("a")}).jws);
  one.hear(authority.heartbeat());
  EXPECT_TRUE(heartbeats.empty()) << "some road may have held it back";
  authority.now += Milliseconds(1'000);
  const std::string told = authority.heartbeat();
  one.run(Milliseconds(100));
  ASSERT_TRUE(one.follower.ready());
  EXPECT_EQ(heartbeats, std::vector{told}) << "the origin's own";
}

}  // namespace
}  // namespace rescind::feed

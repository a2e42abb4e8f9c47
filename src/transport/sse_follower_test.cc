// The whole road on real sockets: a log, its publisher and feed server, a stream, a follower and
// its index, with the origin behind.

#include <gtest/gtest.h>

#include "feed/follower_for_test.h"
#include "feed/publisher.h"
#include "transport/poll_origin.h"
#include "transport/poll_road_testing.h"
#include "transport/sse.h"

namespace rescind::transport {
namespace {

using feed::revoke_session;

class FollowedFeed {
 public:
  FollowedFeed() {
    FeedServer::Options options;
    options.heartbeat = [this]() -> Result<std::string> { return authority.heartbeat(); };
    options.receive = [this](feed::Report report, const FeedServer::Done& done) {
      receipts.push_back(std::move(report));
      done({});
    };
    server = std::make_unique<FeedServer>(world.loop, authority, std::move(options));
    auto opened = net::Server::open({&world.loop}, {}, server->handler());
    CHECK(opened);
    http = *std::move(opened);
    access = RoadWorld::access("http://127.0.0.1:" + std::to_string(http->port()) + "/v1/feed");
    publisher = std::make_unique<feed::Publisher>(
        feed::Publisher::Options{.issuer = std::string(feed::kTestIssuer), .feed = "default"},
        authority, *server, authority.key(), world.random, world.log);
  }
  // Begins to follow; the authority may have a history by now.
  void follow() {
    road = *SseRoad::open(world.loop, access, world.random, world.log);
    origin = *PollOrigin::open(world.loop, access, world.random, world.log);
    test = std::make_unique<feed::FollowerForTest>(*origin, nullptr, authority.now);
    subscription = road->subscribe(
        [this] { return test->follower.position(); },
        {.on_word = [this](std::string_view jws) { test->hear(jws); }, .on_state = nullptr});
  }
  // A millisecond passes at each look.
  bool until(const std::function<bool()>& done) {
    return world.until([&] {
      test->clock.advance(Milliseconds(1));
      authority.now += Milliseconds(1);
      publisher->step(test->clock.now());
      test->follower.step(test->clock.now());
      return done();
    });
  }
  void revoke(const std::string& session) { authority.revoke({revoke_session(session)}); }
  bool comes_to_refuse(const std::string& session) {
    return until([&] { return test->refuses(revoke_session(session)); });
  }

  RoadWorld world;
  feed::AuthorityForTest authority;
  std::vector<feed::Report> receipts;
  FeedAccess access;
  std::unique_ptr<FeedServer> server;
  std::unique_ptr<net::Server> http;
  std::unique_ptr<feed::Publisher> publisher;
  std::unique_ptr<SseRoad> road;
  std::unique_ptr<PollOrigin> origin;
  std::unique_ptr<feed::FollowerForTest> test;
  std::unique_ptr<feed::Subscription> subscription;
};

TEST(SseFollower, StartsFromASnapshotAndFollowsFromThere) {
  FollowedFeed feed;
  for (int i = 0; i < 50; ++i) feed.revoke("old-" + std::to_string(i));
  feed.authority.keep_tail(5);
  feed.follow();
  ASSERT_TRUE(feed.until([&] { return feed.test->follower.ready(); }));
  EXPECT_TRUE(feed.test->refuses(revoke_session("old-0")));
  EXPECT_EQ(feed.test->counters().snapshots, 1U);

  feed.revoke("new");
  ASSERT_TRUE(feed.comes_to_refuse("new"));
  EXPECT_EQ(feed.test->follower.position(), feed.authority.position());
  ASSERT_TRUE(feed.until([&] {
    return !feed.receipts.empty() && feed.receipts.back().applied == feed.authority.position();
  }));
}

TEST(SseFollower, MissesNothingThatWasRevokedWhileItWasCutOff) {
  FollowedFeed feed;
  feed.follow();
  ASSERT_TRUE(feed.until([&] { return feed.test->follower.ready(); }));
  for (int round = 0; round < 3; ++round) {
    feed.server->close();
    for (int i = 0; i < 20; ++i) {
      feed.revoke("s-" + std::to_string(round) + "-" + std::to_string(i));
    }
    ASSERT_TRUE(feed.comes_to_refuse("s-" + std::to_string(round) + "-19"));
    EXPECT_TRUE(feed.test->refuses(revoke_session("s-" + std::to_string(round) + "-0")));
  }
  EXPECT_EQ(feed.test->counters().refused_words, 0U);
  EXPECT_LE(feed.test->counters().snapshots, 1U) << "more than the one of its start";
}

}  // namespace
}  // namespace rescind::transport

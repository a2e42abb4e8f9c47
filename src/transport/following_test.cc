#include "transport/following.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "feed/authority_for_test.h"
#include "feed/publisher.h"
#include "transport/poll_road_testing.h"

namespace rescind::transport {
namespace {

using feed::revoke_session;

// An authority's feed and who follows it, all on the test's own loop. A millisecond passes at each
// look.
class FollowingTest : public testing::Test {
 protected:
  FollowingTest() : index(*revocation::Index::create(world.random, {})) {
    FeedServer::Options options;
    options.heartbeat = [this]() -> Result<std::string> { return authority.heartbeat(); };
    options.keys = [this] { return keys(); };
    options.receive = [this](feed::Report report, const FeedServer::Done& done) {
      receipts.push_back(std::move(report));
      done({});
    };
    server = std::make_unique<FeedServer>(world.loop, authority, std::move(options));
    auto handler = server->handler();
    auto opened = net::Server::open(
        {&world.loop}, {}, [this, handler](const net::Request& request, net::Responder answer) {
          if (away) return answer.respond(net::problem_response(503));
          handler(request, std::move(answer));
        });
    CHECK(opened);
    http = *std::move(opened);
    publisher = std::make_unique<feed::Publisher>(
        feed::Publisher::Options{.issuer = std::string(feed::kTestIssuer), .feed = "default"},
        authority, *server, authority.key(), world.random, world.log);
    add_http_adapters(registry);
  }

  std::string keys() const {
    return "{\"keys\":[" + authority.key()->public_key().public_jwk() + "]}";
  }
  Following::Options options(const std::string& scheme = "http") const {
    Following::Options options;
    options.access =
        RoadWorld::access(scheme + "://127.0.0.1:" + std::to_string(http->port()) + "/v1/feed");
    options.follower.name = "test-1";
    options.follower.issuer = feed::kTestIssuer;
    options.follower.policy = "refuse 30000";
    options.follower.heartbeat = options.access.heartbeat;
    return options;
  }
  Result<std::unique_ptr<Following>> start(Following::Options options) {
    return Following::start(std::move(options), registry, world.loop, client, *index, clock,
                            world.random, world.log);
  }
  bool until(const std::function<bool()>& done) {
    return world.until([&] {
      clock.advance(Milliseconds(1));
      authority.now += Milliseconds(1);
      publisher->step(clock.now());
      return done();
    });
  }
  static bool ready(const Following& following) {
    return following.follower() != nullptr && following.follower()->ready();
  }
  bool refuses(const std::string& session) const {
    return revocation::Index::Reader(*index)
        .find(key_of(revoke_session(session).target))
        .has_value();
  }

  RoadWorld world;
  feed::AuthorityForTest authority;
  ManualClock clock{{.wall = authority.now, .boot = BootTime(std::chrono::hours(1))}};
  net::Client client{world.loop};
  std::unique_ptr<revocation::Index> index;
  Registry registry;
  std::vector<feed::Report> receipts;
  bool away = false;
  std::unique_ptr<FeedServer> server;
  std::unique_ptr<net::Server> http;
  std::unique_ptr<feed::Publisher> publisher;
};

TEST_F(FollowingTest, AsksForTheKeysAndFollows) {
  for (const char* scheme : {"http", "poll+http"}) {
    authority.revoke({revoke_session(std::string("before-") + scheme)});
    auto following = start(options(scheme));
    ASSERT_TRUE(following) << following.error().message;
    EXPECT_EQ((*following)->follower(), nullptr) << "there are no keys yet";
    ASSERT_TRUE(until([&] { return ready(**following); })) << scheme;
    EXPECT_TRUE(refuses(std::string("before-") + scheme));
    authority.revoke({revoke_session(std::string("after-") + scheme)});
    ASSERT_TRUE(until([&] { return refuses(std::string("after-") + scheme); })) << scheme;
    ASSERT_TRUE(until([&] {
      return !receipts.empty() && receipts.back().applied == authority.position();
    })) << scheme;
  }
}

TEST_F(FollowingTest, FollowsAtOnceWithKeysThatArePinned) {
  Following::Options pinned = options();
  pinned.pinned_keys = keys();
  auto following = start(std::move(pinned));
  ASSERT_TRUE(following) << following.error().message;
  EXPECT_NE((*following)->follower(), nullptr);
  EXPECT_TRUE(until([&] { return ready(**following); }));
}

TEST_F(FollowingTest, BelievesNobodyButThePinnedKeys) {
  Following::Options pinned = options();
  pinned.pinned_keys = "{\"keys\":[" + feed::test_key(1)->public_key().public_jwk() + "]}";
  auto following = start(std::move(pinned));
  ASSERT_TRUE(following) << following.error().message;
  authority.revoke({revoke_session("s")});
  ASSERT_TRUE(until([&] { return (*following)->follower()->counters().refused_words > 0; }));
  EXPECT_FALSE(ready(**following));
  EXPECT_FALSE(refuses("s"));
}

TEST_F(FollowingTest, AsksAgainUntilTheKeysCome) {
  away = true;
  auto following = start(options());
  ASSERT_TRUE(following) << following.error().message;
  ASSERT_TRUE(until([&] { return http->counters().requests > 1; }));
  EXPECT_EQ((*following)->follower(), nullptr);
  away = false;
  EXPECT_TRUE(until([&] { return ready(**following); }));
}

TEST_F(FollowingTest, TellsOfEachBatch) {
  auto following = start(options());
  ASSERT_TRUE(following) << following.error().message;
  std::vector<std::size_t> entries;
  (*following)->on_applied([&](const feed::Batch& batch) {
    entries.push_back(batch.revocations.size());
  });
  ASSERT_TRUE(until([&] { return ready(**following); }));
  entries.clear();
  authority.revoke({revoke_session("a"), revoke_session("b")});
  authority.revoke({revoke_session("c")});
  ASSERT_TRUE(until([&] { return refuses("c"); }));
  EXPECT_EQ(entries, (std::vector<std::size_t>{2, 1}));
}

TEST_F(FollowingTest, GoesOnFromItsLastCheckpoint) {
  std::string folder = "/tmp/rescind-following-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  Following::Options kept = options();
  kept.checkpoint = folder + "/checkpoint";
  {
    auto following = start(kept);
    ASSERT_TRUE(following) << following.error().message;
    authority.revoke({revoke_session("s")});
    ASSERT_TRUE(until([&] { return ready(**following) && refuses("s"); }));
  }
  index = *revocation::Index::create(world.random, {});
  kept.pinned_keys = keys();
  away = true;
  auto following = start(std::move(kept));
  ASSERT_TRUE(following) << following.error().message;
  EXPECT_TRUE(until([&] { return refuses("s"); })) << "nobody else could have told it";
  EXPECT_FALSE(ready(**following)) << "no head was seen since its start";
  std::filesystem::remove_all(folder);
}

TEST_F(FollowingTest, RefusesSettingsThatCannotBe) {
  Following::Options no_scheme = options("gopher");
  EXPECT_FALSE(start(std::move(no_scheme)));
  Following::Options no_keys = options();
  no_keys.pinned_keys = R"({"keys":[]})";
  EXPECT_FALSE(start(std::move(no_keys)));
  Following::Options no_key_set = options();
  no_key_set.pinned_keys = "keys";
  EXPECT_FALSE(start(std::move(no_key_set)));
}

TEST_F(FollowingTest, MayEndWhileItAsks) {
  auto following = start(options());
  ASSERT_TRUE(following) << following.error().message;
  following->reset();
  const auto requests = http->counters().requests;
  EXPECT_TRUE(until([&] { return http->counters().requests >= requests; }));
}

}  // namespace
}  // namespace rescind::transport

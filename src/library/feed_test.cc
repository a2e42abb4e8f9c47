// A Checker that follows the feed itself: authority, feed server and key set on real sockets.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "feed/authority_for_test.h"
#include "feed/publisher.h"
#include "library/world_testing.h"
#include "net/http_server.h"
#include "net/loop_thread.h"
#include "transport/feed_server.h"

namespace rescind::library {
namespace {

// Everything on one loop, which is the server's; the test acts on it by call().
class FeedWorld {
 public:
  FeedWorld() : key(*jwt::SigningKey::generate(jwt::Algorithm::kEs256)), keys{&key} {
    authority.set_rules(test_rules());
    loop->call([this] { serve(); });
  }
  ~FeedWorld() {
    loop->call([this] { feed.reset(); });
    http.reset();
  }
  void revoke(const std::string& claim, const std::string& value) {
    loop->call([&] {
      authority.revoke({{.target = {kIssuer, claim, value},
                         .until = kNowSeconds + 1000,
                         .reason = revocation::Reason::kRevoked}});
      publish();
    });
  }
  // A moment passes for everybody.
  void pass(Milliseconds by) {
    clock.advance(by);
    loop->call([&] {
      authority.now += by;
      publish();
    });
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(http->port()); }
  std::string config(const std::string& more = "") const {
    return R"({"feed":{"url":")" + url() + R"(/v1/feed","issuer":")" +
           std::string(feed::kTestIssuer) + R"("},"issuers":[{"issuer":")" + kIssuer +
           R"(","audiences":["api"],"jwks_url":")" + url() + R"(/jwks"}])" + more + "}";
  }
  std::string token(const jwt::SigningKey& by, const std::string& id = "j-1") const {
    return sign_compact(by, "at+jwt", test_payload("u1", id));
  }

 private:
  void serve() {
    transport::FeedServer::Options options;
    options.heartbeat = [this]() -> Result<std::string> { return authority.heartbeat(); };
    options.keys = [this] {
      return "{\"keys\":[" + authority.key()->public_key().public_jwk() + "]}";
    };
    feed = std::make_unique<transport::FeedServer>(loop.loop(), authority, std::move(options));
    publisher = std::make_unique<feed::Publisher>(
        feed::Publisher::Options{.issuer = std::string(feed::kTestIssuer), .feed = "default"},
        authority, *feed, authority.key(), random, log);
    auto opened = net::Server::open(
        {&loop.loop()}, {},
        [this, to_feed = feed->handler()](const net::Request& request, net::Responder answer) {
          if (request.path != "/jwks") return to_feed(request, std::move(answer));
          answer.respond({.content_type = "application/json", .body = key_set()});
        });
    CHECK(opened);
    http = *std::move(opened);
    publish();
  }
  void publish() { publisher->step(clock.now()); }
  std::string key_set() {
    ++key_requests;
    std::string jwks;
    for (const auto* one : keys) jwks += (jwks.empty() ? "" : ",") + one->public_key().public_jwk();
    return "{\"keys\":[" + jwks + "]}";
  }

 public:
  TestClock clock;
  SystemRandom random;
  NullLog log;
  jwt::SigningKey key;
  std::vector<const jwt::SigningKey*> keys;  // on the loop
  std::atomic<int> key_requests = 0;
  feed::AuthorityForTest authority;
  net::LoopThread loop;
  std::unique_ptr<transport::FeedServer> feed;
  std::unique_ptr<feed::Publisher> publisher;
  std::unique_ptr<net::Server> http;
};

TEST(OwnFeed, IsFollowedWhereThereIsNoAgent) {
  FeedWorld world;
  world.revoke("jti", "before");
  const auto opened = Checker::open(world.config(), world.clock, world.random);
  ASSERT_TRUE(opened) << opened.error().message;
  Checker& checker = **opened;
  ASSERT_TRUE(eventually([&] {
    world.pass(Milliseconds(1));
    return checker.verify(world.token(world.key)).accepted();
  })) << word_of(checker.verify(world.token(world.key)));
  EXPECT_EQ(word_of(checker.verify(world.token(world.key, "before"))), "revoked");
  const Verifier::State state = checker.state();
  EXPECT_FALSE(state.shared);
  EXPECT_TRUE(state.fresh);
  EXPECT_EQ(state.error, "");
  EXPECT_EQ(state.revocations, 1U);

  std::atomic<int> told = 0;
  const auto watch = checker.on_revoked(test_payload(), std::nullopt, [&](Reason) { ++told; });
  world.revoke("sid", "s-u1");
  ASSERT_TRUE(eventually([&] { return !checker.verify(world.token(world.key)).accepted(); }));
  EXPECT_EQ(word_of(checker.verify(world.token(world.key))), "revoked");
  EXPECT_TRUE(eventually([&] { return told == 1; }));
}

TEST(OwnFeed, FetchesAKeyThatATokenNames) {
  FeedWorld world;
  const auto opened = Checker::open(world.config(), world.clock, world.random);
  ASSERT_TRUE(opened) << opened.error().message;
  Checker& checker = **opened;
  const auto next = *jwt::SigningKey::generate(jwt::Algorithm::kEs256);
  ASSERT_TRUE(eventually([&] {
    world.pass(Milliseconds(1));
    return checker.verify(world.token(world.key)).accepted();
  }));
  const int requests = world.key_requests;
  world.loop->call([&] { world.keys.push_back(&next); });
  world.pass(Milliseconds(30'001));  // the cool-down since the keys were fetched
  EXPECT_EQ(word_of(checker.verify(world.token(next))), "unknown_key");
  ASSERT_TRUE(eventually([&] { return checker.verify(world.token(next)).accepted(); }));
  EXPECT_LE(world.key_requests, requests + 2);
}

TEST(OwnFeed, IsStaleUntilItIsThere) {
  TestClock clock;
  SystemRandom random;
  const auto opened =
      Checker::open(R"({"feed":{"url":"http://127.0.0.1:1/v1/feed"},"issuers":[]})", clock, random);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(word_of((*opened)->is_revoked(test_payload(), std::nullopt)), "stale");
  EXPECT_TRUE(eventually([&] { return !(*opened)->state().error.empty(); }));
}

TEST(OwnFeed, IsRefusedWhereItsSettingsCannotBe) {
  TestClock clock;
  SystemRandom random;
  for (const char* config :
       {R"({"feed":{"url":"http://elsewhere.test/v1/feed"}})", R"({"feed":{"url":"/v1/feed"}})",
        R"({"feed":{"url":"kafka://broker/v1/feed"}})",
        R"({"feed":{"url":"https://a.test/v1/feed","keys":"{}"}})",
        R"({"feed":{"url":"https://a.test/v1/feed"},"issuers":[{"issuer":"x","audiences":[]}]})"}) {
    EXPECT_FALSE(Checker::open(config, clock, random)) << config;
  }
}

}  // namespace
}  // namespace rescind::library

#include "transport/registry.h"

#include <gtest/gtest.h>

#include "transport/memory.h"
#include "transport/poll_road_testing.h"

namespace rescind::transport {
namespace {

struct RegistryWorld : RoadWorld {
  RegistryWorld() { add_http_adapters(registry); }
  Surroundings in{.loop = loop, .random = random, .log = log};
  Registry registry;
};

TEST(Registry, NamesWhatIsLinkedWhereASchemeIsNot) {
  RegistryWorld world;
  for (const std::string_view url :
       {"kafka://broker:9092/x", "", "https", "HTTPS://a", "poll://a"}) {
    const auto road = world.registry.road(RoadWorld::access(std::string(url)), world.in);
    ASSERT_FALSE(road) << url;
    EXPECT_EQ(road.error().code, ErrorCode::kInvalid);
    EXPECT_NE(road.error().message.find("http, https, poll+http, poll+https, ws, wss"),
              std::string::npos);
  }
}

TEST(Registry, OpensRoadsAndOriginsByTheirScheme) {
  RegistryWorld world;
  for (const std::string_view url : {"https://auth.example/v1/feed", "http://127.0.0.1/v1/feed",
                                     "poll+https://auth.example/v1/feed",
                                     "wss://auth.example/v1/feed", "ws://[::1]:8480/v1/feed"}) {
    EXPECT_TRUE(world.registry.road(RoadWorld::access(std::string(url)), world.in)) << url;
    EXPECT_TRUE(world.registry.origin(RoadWorld::access(std::string(url)), world.in)) << url;
    EXPECT_FALSE(world.registry.transport(RoadWorld::access(std::string(url)), world.in)) << url;
  }
  for (const std::string_view url :
       {"http://auth.example/", "poll+http://auth.example/", "ws://auth.example/"}) {
    EXPECT_FALSE(world.registry.road(RoadWorld::access(std::string(url)), world.in)) << url;
    EXPECT_FALSE(world.registry.origin(RoadWorld::access(std::string(url)), world.in)) << url;
  }
}

TEST(Registry, TakesFurtherAdapters) {
  RegistryWorld world;
  world.registry.add(
      "memory", {.road = {},
                 .origin = {},
                 .transport = [](const FeedAccess&,
                                 const Surroundings&) -> Result<std::unique_ptr<feed::Transport>> {
                   return std::make_unique<MemoryTransport>();
                 }});
  const FeedAccess access = RoadWorld::access("memory://here");
  EXPECT_TRUE(world.registry.transport(access, world.in));
  EXPECT_FALSE(world.registry.road(access, world.in));
  EXPECT_EQ(world.registry.schemes(), "http, https, memory, poll+http, poll+https, ws, wss");
}

TEST(Registry, SaysWhereASchemeHasNoRequestTopic) {
  RegistryWorld world;
  const FeedAccess access = RoadWorld::access("https://auth.example/v1/feed");
  const auto topic = world.registry.requests(access, world.in);
  ASSERT_FALSE(topic);
  EXPECT_EQ(topic.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(topic.error().message, "a https:// URL has no request topic");
  EXPECT_EQ(world.registry.plan_requests(access).error().code, ErrorCode::kInvalid);
}

TEST(Registry, PollsAloneWhereTheUrlSaysSo) {
  RegistryWorld world;
  TestServer server;
  server.publish(sealed(1));
  const auto road = world.registry.road(RoadWorld::access(server.url("poll+http")), world.in);
  ASSERT_TRUE(road);
  TestFollower follower;
  follower.follow(**road);
  ASSERT_TRUE(world.until([&] { return follower.heard("jws-1."); }));
  ASSERT_TRUE(world.until([&] { return server.counters().polls == 1; }));
  EXPECT_EQ(server.counters().streams, 0U);
}

// A proxy that lets no stream pass, until it does.
TEST(SseOrPoll, PollsForAsLongAsNoStreamCanBeOpened) {
  RegistryWorld world;
  TestLog log;
  FeedServer feed(world.loop, log, {});
  bool streams_pass = false;
  auto http = net::Server::open(
      {&world.loop}, {},
      [&, inner = feed.handler()](const net::Request& request, net::Responder responder) {
        const auto accept = request.headers.find("Accept");
        const bool is_stream = accept && *accept == "text/event-stream";
        if (is_stream && !streams_pass) return responder.respond({.status = 502});
        inner(request, std::move(responder));
      });
  ASSERT_TRUE(http);
  const auto road = world.registry.road(
      RoadWorld::access("http://127.0.0.1:" + std::to_string((*http)->port()) + "/v1/feed"),
      world.in);
  ASSERT_TRUE(road);
  TestFollower follower;
  follower.follow(**road);
  ASSERT_TRUE(world.until([&] { return feed.counters().polls == 1; }));
  log.append(sealed(1));
  ASSERT_TRUE(feed.publish(sealed(1)));
  ASSERT_TRUE(world.until([&] { return follower.heard("jws-1."); }));

  streams_pass = true;
  ASSERT_TRUE(world.until([&] { return feed.counters().streams == 1; }));
  log.append(sealed(2));
  ASSERT_TRUE(feed.publish(sealed(2)));
  ASSERT_TRUE(world.until([&] { return follower.heard("jws-2."); }));
  ASSERT_TRUE(world.until([&] { return feed.counters().polls == 0; }));
  EXPECT_EQ(follower.words, words_from_to(1, 2));
  EXPECT_EQ(follower.states, std::vector<bool>{true});
}

}  // namespace
}  // namespace rescind::transport

#include "transport/sse.h"

#include <gtest/gtest.h>

#include "transport/poll_road_testing.h"

namespace rescind::transport {
namespace {

TEST(SseRoad, TakesNothingFromAnAnswerThatIsNoStream) {
  RoadWorld world;
  net::LoopThread server_loop;
  const auto server = net::Server::open(
      {&server_loop.loop()}, {}, [](const net::Request&, net::Responder responder) {
        responder.respond({.content_type = "text/html", .body = "data: forged\n\n"});
      });
  ASSERT_TRUE(server);
  const auto road = SseRoad::open(
      world.loop,
      RoadWorld::access("http://127.0.0.1:" + std::to_string((*server)->port()) + "/v1/feed"),
      world.random, world.log);
  TestFollower follower;
  follower.follow(**road);
  ASSERT_TRUE(world.until([&] { return !follower.states.empty(); }));
  EXPECT_EQ(follower.states, std::vector<bool>{false});
  EXPECT_TRUE(follower.words.empty());
}

}  // namespace
}  // namespace rescind::transport

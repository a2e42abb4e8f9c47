#include "transport/sse.h"

#include <gtest/gtest.h>

#include "transport/poll_road_testing.h"

namespace rescind::transport {
namespace {

TEST(SseRoad, ResumesBehindWhatTheFollowerHas) {
  RoadWorld world;
  TestServer server;
  for (std::uint64_t number = 1; number <= 3; ++number) server.publish(sealed(number));
  const auto road =
      SseRoad::open(world.loop, RoadWorld::access(server.url("http")), world.random, world.log);
  ASSERT_TRUE(road);
  TestFollower follower;
  follower.follow(**road);
  ASSERT_TRUE(world.until([&] { return follower.heard("jws-3."); }));

  server.loop().call([&] { server.feed().close(); });
  for (std::uint64_t number = 4; number <= 5; ++number) server.publish(sealed(number));
  ASSERT_TRUE(world.until([&] { return follower.heard("jws-5."); }));
  EXPECT_EQ(follower.words, words_from_to(1, 5));
  EXPECT_EQ(follower.states, (std::vector<bool>{true, false, true}));
}

TEST(SseRoad, GoesOnFromNowWhereThePositionIsGoneOrOfAnotherHistory) {
  for (const feed::Position position : {at(1), feed::Position{7, 7}}) {
    RoadWorld world;
    TestServer server;
    for (std::uint64_t number = 1; number <= 5; ++number) server.log().append(sealed(number));
    server.log().forget(4);
    const auto road =
        SseRoad::open(world.loop, RoadWorld::access(server.url("http")), world.random, world.log);
    TestFollower follower;
    follower.position = position;
    follower.follow(**road);
    ASSERT_TRUE(world.until([&] { return follower.connected(); }));
    server.publish(sealed(6));
    ASSERT_TRUE(world.until([&] { return follower.heard("jws-6."); }));
    EXPECT_EQ(follower.words, words_from_to(6, 6));
  }
}

TEST(SseRoad, FindsOutThatAConnectionIsDead) {
  RoadWorld world;
  TestServer server;  // nothing is published: to the follower that is a cable cut
  const auto road =
      SseRoad::open(world.loop, RoadWorld::access(server.url("http")), world.random, world.log);
  TestFollower follower;
  follower.follow(**road);
  ASSERT_TRUE(world.until([&] { return follower.states.size() >= 3; }));
  EXPECT_EQ(follower.states, (std::vector<bool>{true, false, true}));
}

TEST(SseRoad, TriesAgainAndAgainWhereNothingListens) {
  RoadWorld world;
  std::uint16_t port = 0;
  {
    port = TestServer().port();
  }
  const auto road = SseRoad::open(
      world.loop, RoadWorld::access("http://127.0.0.1:" + std::to_string(port) + "/v1/feed"),
      world.random, world.log);
  TestFollower follower;
  follower.follow(**road);
  ASSERT_TRUE(world.until([&] { return follower.states.size() >= 2; }));
  EXPECT_EQ(follower.states, (std::vector<bool>{false, false}));
  follower.subscription.reset();
}

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

TEST(SseRoad, MayBeEndedByItsSubscriberWithinAWord) {
  RoadWorld world;
  TestServer server;
  for (std::uint64_t number = 1; number <= 9; ++number) server.publish(sealed(number));
  const auto road =
      SseRoad::open(world.loop, RoadWorld::access(server.url("http")), world.random, world.log);
  std::unique_ptr<feed::Subscription> subscription;
  int heard = 0;
  subscription = (*road)->subscribe([] { return feed::Position{}; }, {.on_word =
                                                                          [&](std::string_view) {
                                                                            ++heard;
                                                                            subscription.reset();
                                                                          },
                                                                      .on_state = nullptr});
  ASSERT_TRUE(world.until([&] { return heard > 0; }));
  ASSERT_TRUE(server.wait_for(0, 0));
  EXPECT_EQ(heard, 1);
}

}  // namespace
}  // namespace rescind::transport

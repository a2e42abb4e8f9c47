#include "transport/poll.h"

#include <gtest/gtest.h>

#include "transport/poll_road_testing.h"

namespace rescind::transport {
namespace {

FeedServer::Options with_heartbeat() {
  FeedServer::Options options;
  options.heartbeat = []() -> Result<std::string> { return "pulse"; };
  return options;
}

TEST(PollRoad, HearsBatchesInOrderAndHeartbeatsBetweenThem) {
  RoadWorld world;
  TestServer server(with_heartbeat());
  for (std::uint64_t number = 1; number <= 2000; ++number) server.log().append(sealed(number));
  const auto road =
      PollRoad::open(world.loop, RoadWorld::access(server.url("http")), world.random, world.log);
  ASSERT_TRUE(road);
  TestFollower follower;
  follower.follow(**road);
  ASSERT_TRUE(world.until([&] { return follower.heard("jws-2000."); }));
  ASSERT_TRUE(world.until([&] { return follower.heard("pulse"); }));
  follower.words.pop_back();
  EXPECT_EQ(follower.words, words_from_to(1, 2000));
  server.publish(sealed(2001));
  ASSERT_TRUE(world.until([&] { return follower.position == at(2001); }));
  EXPECT_EQ(follower.states, std::vector<bool>{true});
}

TEST(PollRoad, HearsTheHeadWhereItsPositionIsGone) {
  RoadWorld world;
  TestServer server(with_heartbeat());
  for (std::uint64_t number = 1; number <= 5; ++number) server.log().append(sealed(number));
  server.log().forget(4);
  const auto road =
      PollRoad::open(world.loop, RoadWorld::access(server.url("http")), world.random, world.log);
  TestFollower follower;
  follower.position = at(1);
  follower.follow(**road);
  ASSERT_TRUE(world.until([&] { return follower.heard("pulse"); }));
  follower.position = at(4);  // as a snapshot would do
  ASSERT_TRUE(world.until([&] { return follower.position == at(5); }));
  EXPECT_EQ(follower.states.front(), true);
}

TEST(PollRoad, DoesNotAskInALoopWhereTheFollowerDoesNotMove) {
  RoadWorld world;
  TestServer server;
  server.publish(sealed(1));
  const auto road =
      PollRoad::open(world.loop, RoadWorld::access(server.url("http")), world.random, world.log);
  std::size_t words = 0;
  const auto subscription =
      (*road)->subscribe([] { return feed::Position{}; },
                         {.on_word = [&](std::string_view) { ++words; }, .on_state = nullptr});
  ASSERT_TRUE(world.until([&] { return words == 4; }));
  // Four answers are three pauses of a heartbeat, not four turns of a loop.
  EXPECT_LE(server.http_counters().requests, 5U);
}

TEST(PollRoad, ComesBackAfterAFailure) {
  RoadWorld world;
  TestServer server;
  server.publish(sealed(1));
  server.log().fail_reads(ErrorCode::kUnavailable);
  const auto road =
      PollRoad::open(world.loop, RoadWorld::access(server.url("http")), world.random, world.log);
  TestFollower follower;
  follower.follow(**road);
  ASSERT_TRUE(world.until([&] { return !follower.states.empty(); }));
  EXPECT_FALSE(follower.connected());
  server.log().fail_reads(std::nullopt);
  ASSERT_TRUE(world.until([&] { return follower.heard("jws-1."); }));
  EXPECT_EQ(follower.states.back(), true);
}

}  // namespace
}  // namespace rescind::transport

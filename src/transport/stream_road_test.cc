// What a stream of server-sent events and a WebSocket do alike.

#include "transport/stream_road.h"

#include <gtest/gtest.h>

#include "transport/poll_road_testing.h"
#include "transport/sse.h"
#include "transport/ws.h"

namespace rescind::transport {
namespace {

struct OverSse {
  static constexpr const char* kScheme = "http";
  using Road = SseRoad;
};
struct OverWebSocket {
  static constexpr const char* kScheme = "ws";
  using Road = WsRoad;
};

template <typename Over>
class StreamRoadTest : public testing::Test, protected RoadWorld {
 protected:
  std::unique_ptr<feed::Road> open(std::uint16_t port) {
    const std::string at = "://127.0.0.1:" + std::to_string(port) + "/v1/feed";
    auto road = Over::Road::open(loop, access(Over::kScheme + at), random, log);
    CHECK(road);
    return *std::move(road);
  }
};
using Roads = testing::Types<OverSse, OverWebSocket>;
TYPED_TEST_SUITE(StreamRoadTest, Roads);

TYPED_TEST(StreamRoadTest, ResumesBehindWhatTheFollowerHas) {
  TestServer server;
  for (std::uint64_t number = 1; number <= 3; ++number) server.publish(sealed(number));
  const auto road = this->open(server.port());
  TestFollower follower;
  follower.follow(*road);
  ASSERT_TRUE(this->until([&] { return follower.heard("jws-3."); }));
  server.loop().call([&] { server.feed().close(); });
  for (std::uint64_t number = 4; number <= 5; ++number) server.publish(sealed(number));
  ASSERT_TRUE(this->until([&] { return follower.heard("jws-5."); }));
  EXPECT_EQ(follower.words, words_from_to(1, 5));
  EXPECT_EQ(follower.states, (std::vector<bool>{true, false, true}));
}

TYPED_TEST(StreamRoadTest, GoesOnFromNowWhereThePositionIsGoneOrOfAnotherHistory) {
  for (const feed::Position position : {at(1), feed::Position{7, 7}}) {
    TestServer server;
    for (std::uint64_t number = 1; number <= 5; ++number) server.log().append(sealed(number));
    server.log().forget(4);
    const auto road = this->open(server.port());
    TestFollower follower;
    follower.position = position;
    follower.follow(*road);
    ASSERT_TRUE(this->until([&] { return follower.connected(); }));
    server.publish(sealed(6));
    ASSERT_TRUE(this->until([&] { return follower.heard("jws-6."); }));
    EXPECT_EQ(follower.words, words_from_to(6, 6));
  }
}

TYPED_TEST(StreamRoadTest, FindsOutThatAConnectionIsDead) {
  TestServer server;  // nothing is published: to the follower that is a cable cut
  const auto road = this->open(server.port());
  TestFollower follower;
  follower.follow(*road);
  ASSERT_TRUE(this->until([&] { return follower.states.size() >= 3; }));
  EXPECT_EQ(follower.states, (std::vector<bool>{true, false, true}));
}

TYPED_TEST(StreamRoadTest, TriesAgainAndAgainWhereNothingListens) {
  const auto road = this->open(TestServer().port());  // which has ended
  TestFollower follower;
  follower.follow(*road);
  ASSERT_TRUE(this->until([&] { return follower.states.size() >= 2; }));
  EXPECT_EQ(follower.states, (std::vector<bool>{false, false}));
}

TYPED_TEST(StreamRoadTest, MayBeEndedByItsSubscriberWithinAWord) {
  TestServer server;
  for (std::uint64_t number = 1; number <= 9; ++number) server.publish(sealed(number));
  const auto road = this->open(server.port());
  std::unique_ptr<feed::Subscription> subscription;
  int heard = 0;
  subscription = road->subscribe([] { return feed::Position{}; }, {.on_word =
                                                                       [&](std::string_view) {
                                                                         ++heard;
                                                                         subscription.reset();
                                                                       },
                                                                   .on_state = nullptr});
  ASSERT_TRUE(this->until([&] { return heard > 0; }));
  ASSERT_TRUE(server.wait_for(0, 0));
  ASSERT_TRUE(server.wait_for_sockets(0));
  EXPECT_EQ(heard, 1);
}

}  // namespace
}  // namespace rescind::transport

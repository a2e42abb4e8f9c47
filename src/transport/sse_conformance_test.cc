#include <gtest/gtest.h>

#include "feed/transport_conformance.h"
#include "transport/poll.h"
#include "transport/poll_road_testing.h"
#include "transport/sse.h"
#include "transport/ws.h"

namespace rescind::transport {
namespace {

// Both ends, and the log between, on one loop.
template <typename HttpRoad>
class HttpUnderTest final : public feed::TransportUnderTest, private feed::Transport {
 public:
  HttpUnderTest() {
    auto opened = net::Server::open({&world_.loop}, {}, feed_.handler());
    CHECK(opened);
    http_ = *std::move(opened);
  }
  feed::Transport& transport() override { return *this; }
  std::unique_ptr<feed::Road> road() override {
    auto road = HttpRoad::open(
        world_.loop,
        RoadWorld::access("http://127.0.0.1:" + std::to_string(http_->port()) + "/v1/feed"),
        world_.random, world_.log);
    CHECK(road);
    return *std::move(road);
  }
  bool run_until(const std::function<bool()>& done) override { return world_.until(done); }

 private:
  Result<void> publish(const feed::Sealed& batch) override {
    log_.append(batch);
    return feed_.publish(batch);
  }
  Result<void> publish_heartbeat(std::string_view jws) override {
    return feed_.publish_heartbeat(jws);
  }

  RoadWorld world_;
  TestLog log_;
  FeedServer feed_{world_.loop, log_, {}};
  std::unique_ptr<net::Server> http_;
};

template <typename HttpRoad>
std::unique_ptr<feed::TransportUnderTest> make() {
  return std::make_unique<HttpUnderTest<HttpRoad>>();
}

}  // namespace
}  // namespace rescind::transport

namespace rescind::feed {
INSTANTIATE_TEST_SUITE_P(Sse, TransportConformance,
                         testing::Values(rescind::transport::make<rescind::transport::SseRoad>));
INSTANTIATE_TEST_SUITE_P(Poll, TransportConformance,
                         testing::Values(rescind::transport::make<rescind::transport::PollRoad>));
INSTANTIATE_TEST_SUITE_P(WebSocket, TransportConformance,
                         testing::Values(rescind::transport::make<rescind::transport::WsRoad>));
}  // namespace rescind::feed

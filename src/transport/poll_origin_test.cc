#include "transport/poll_origin.h"

#include <gtest/gtest.h>

#include "feed/origin_conformance.h"
#include "transport/poll_road_testing.h"

namespace rescind::transport {
namespace {

// An authority, its feed server and the origin that asks it, on one loop.
class PollOriginUnderTest final : public feed::OriginUnderTest {
 public:
  PollOriginUnderTest() {
    FeedServer::Options options;
    options.heartbeat = [this]() -> Result<std::string> { return authority_.heartbeat(); };
    options.receive = [this](feed::Report report, const FeedServer::Done& done) {
      reports_.push_back(std::move(report));
      done({});
    };
    feed_ = std::make_unique<FeedServer>(world_.loop, authority_, std::move(options));
    net::ServerOptions http;
    auto opened = net::Server::open({&world_.loop}, std::move(http), feed_->handler());
    CHECK(opened);
    http_ = *std::move(opened);
    auto origin = PollOrigin::open(
        world_.loop,
        RoadWorld::access("http://127.0.0.1:" + std::to_string(http_->port()) + "/v1/feed"),
        world_.random, world_.log);
    CHECK(origin);
    origin_ = *std::move(origin);
  }
  feed::Origin& origin() override { return *origin_; }
  feed::AuthorityForTest& authority() override { return authority_; }
  std::vector<feed::Report> reports() override { return reports_; }
  bool run_until(const std::function<bool()>& done) override { return world_.until(done); }

 private:
  RoadWorld world_;
  feed::AuthorityForTest authority_;
  std::vector<feed::Report> reports_;
  std::unique_ptr<FeedServer> feed_;
  std::unique_ptr<net::Server> http_;
  std::unique_ptr<PollOrigin> origin_;
};

std::unique_ptr<feed::OriginUnderTest> make_poll_origin() {
  return std::make_unique<PollOriginUnderTest>();
}

}  // namespace
}  // namespace rescind::transport

namespace rescind::feed {
INSTANTIATE_TEST_SUITE_P(Poll, OriginConformance,
                         testing::Values(rescind::transport::make_poll_origin));
}  // namespace rescind::feed

namespace rescind::transport {
namespace {

// An origin whose server answers whatever the test wants.
struct OriginWorld {
  explicit OriginWorld(net::Handler handler) {
    auto opened = net::Server::open({&world.loop}, {}, std::move(handler));
    CHECK(opened);
    http = *std::move(opened);
    auto made = PollOrigin::open(
        world.loop,
        RoadWorld::access("http://127.0.0.1:" + std::to_string(http->port()) + "/v1/feed"),
        world.random, world.log);
    CHECK(made);
    origin = *std::move(made);
  }
  Result<feed::Snapshot> snapshot() {
    std::optional<Result<feed::Snapshot>> answer;
    origin->snapshot([&](Result<feed::Snapshot> one) { answer = std::move(one); });
    EXPECT_TRUE(world.until([&] { return answer.has_value(); }));
    return answer.value_or(fail(ErrorCode::kTimeout, "no answer"));
  }
  RoadWorld world;
  std::unique_ptr<net::Server> http;
  std::unique_ptr<PollOrigin> origin;
};

TEST(PollOrigin, TakesNoSegmentButTheOneThatIsNamed) {
  feed::AuthorityForTest authority;
  authority.revoke({feed::revoke_session("s")});
  const Result<feed::Snapshot> made = authority.snapshot();
  ASSERT_TRUE(made);
  bool forge = true;
  OriginWorld world([&](const net::Request& request, net::Responder responder) {
    const bool is_manifest = request.path == "/v1/feed/snapshot";
    net::Response response;
    response.body = is_manifest ? made->manifest : made->segments.at(0);
    if (!is_manifest && forge) response.body.back() ^= 1;
    responder.respond(std::move(response));
  });
  const Result<feed::Snapshot> forged = world.snapshot();
  ASSERT_FALSE(forged);
  EXPECT_EQ(forged.error().code, ErrorCode::kCorrupt);
  forge = false;
  const Result<feed::Snapshot> good = world.snapshot();
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(good->segments, made->segments);
}

TEST(PollOrigin, SaysSoWhereASegmentHasGoneMeanwhile) {
  feed::AuthorityForTest authority;
  authority.revoke({feed::revoke_session("s")});
  const Result<feed::Snapshot> made = authority.snapshot();
  OriginWorld world([&](const net::Request& request, net::Responder responder) {
    const bool is_manifest = request.path == "/v1/feed/snapshot";
    responder.respond({.status = is_manifest ? 200 : 404, .body = made->manifest});
  });
  EXPECT_EQ(world.snapshot().error().code, ErrorCode::kNotFound);
}

TEST(PollOrigin, TakesNoManifestThatIsNone) {
  for (const std::string_view body : {"", "x.y.z", "<html>"}) {
    OriginWorld world([&](const net::Request&, net::Responder responder) {
      responder.respond({.body = std::string(body)});
    });
    EXPECT_EQ(world.snapshot().error().code, ErrorCode::kCorrupt);
  }
}

TEST(PollOrigin, AnswersNothingAfterItsEnd) {
  OriginWorld world([](const net::Request&, net::Responder) {});
  bool answered = false;
  world.origin->batches_after({}, [&](const auto&) { answered = true; });
  world.origin->snapshot([&](const auto&) { answered = true; });
  world.origin.reset();
  int turns = 0;
  ASSERT_TRUE(world.world.until([&] { return ++turns == 20; }));
  EXPECT_FALSE(answered);
}

}  // namespace
}  // namespace rescind::transport

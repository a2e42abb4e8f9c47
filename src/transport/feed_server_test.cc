#include "transport/feed_server.h"

#include <gtest/gtest.h>

#include "transport/feed_server_testing.h"
#include "transport/limits.h"

namespace rescind::transport {
namespace {

std::string cursor(std::uint64_t number) { return revocation::to_string(at(number)); }

TEST(FeedServer, RefusesWhatIsNoQuestionToTheFeed) {
  TestServer server;
  server.publish(sealed(1));
  server.log().forget(0);
  struct Case {
    std::string_view target;
    std::string_view headers;
    std::string_view status;
  };
  const Case cases[] = {
      {"/v1/feed?after=", "", "400"},
      {"/v1/feed?after=1", "", "400"},
      {"/v1/feed?after=01.1", "", "400"},
      {"/v1/feed?after=1.-1", "", "400"},
      {"/v1/feed?after=0.0&after=0.0", "", "400"},
      {"/v1/feed?after=18446744073709551616.1", "", "400"},
      {"/v1/feed?after=0.0&wait=soon", "", "400"},
      {"/v1/feed?after=0.0&wait=5m", "", "400"},
      {"/v1/feed?after=0.0&wait=-1s", "", "400"},
      {"/v1/feed", "Last-Event-ID: x\r\n", "400"},
      {"/v1/feed?after=7.7", "", "409"},
      {"/v1/feed?after=7.7&wait=1s", "", "409"},
      {"/v1/feed", "Last-Event-ID: 7.7\r\n", "409"},
      {"/v1/feed/other", "", "404"},
      {"/v1/feed/keys", "", "404"},
      {"/v1/feed/receipts", "", "405"},
      {"/v1/feed/segments/00", "", "404"},
  };
  for (const Case& c : cases) {
    const std::string answer = FeedClient(server.port()).ask(c.target, c.headers);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::string(c.status) + " "))
        << c.target << answer;
    EXPECT_NE(answer.find("application/problem+json"), std::string::npos) << c.target;
    EXPECT_NE(answer.find("\"status\":" + std::string(c.status)), std::string::npos) << c.target;
  }
  EXPECT_EQ(server.counters().streams, 0U);
}

TEST(FeedServer, SaysThatAPositionIsGoneOnBothRoads) {
  TestServer server;
  for (std::uint64_t number = 1; number <= 3; ++number) server.log().append(sealed(number));
  server.log().forget(2);
  for (const std::string_view target : {"/v1/feed?after=0.0", "/v1/feed?after=0.0&wait=1s"}) {
    EXPECT_TRUE(FeedClient(server.port()).ask(target).starts_with("HTTP/1.1 410 ")) << target;
  }
  const std::string good = FeedClient(server.port()).ask("/v1/feed?wait=1s&after=" + cursor(2));
  EXPECT_NE(good.find(R"({"batches":["jws-3."]})"), std::string::npos) << good;
}

TEST(FeedServer, SaysThatItCannotReadTheLogNow) {
  TestServer server;
  server.log().fail_reads(ErrorCode::kUnavailable);
  for (const std::string_view target :
       {"/v1/feed", "/v1/feed?after=0.0", "/v1/feed?after=0.0&wait=1s", "/v1/feed/snapshot"}) {
    const std::string answer = FeedClient(server.port()).ask(target);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
    EXPECT_NE(answer.find("Retry-After: 1"), std::string::npos);
  }
  server.log().fail_reads(ErrorCode::kCorrupt);
  const std::string answer = FeedClient(server.port()).ask("/v1/feed?after=0.0&wait=1s");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 "));
  EXPECT_EQ(answer.find("the log is away"), std::string::npos) << "tells the outside of the inside";
}

TEST(FeedServer, ServesASnapshotAndItsSegments) {
  TestServer server;
  const std::string segment(100'000, 's');
  server.log().set_snapshot({.manifest = "the.manifest.jws", .segments = {segment}});
  const std::string name = to_hex(sha256(segment));
  EXPECT_TRUE(
      FeedClient(server.port()).ask("/v1/feed/segments/" + name).starts_with("HTTP/1.1 404 "));

  const std::string manifest = FeedClient(server.port()).ask("/v1/feed/snapshot");
  EXPECT_NE(manifest.find("Content-Type: application/jose\r\n"), std::string::npos);
  EXPECT_TRUE(manifest.ends_with("\r\n\r\nthe.manifest.jws"));

  const std::string served = FeedClient(server.port()).ask("/v1/feed/segments/" + name);
  EXPECT_NE(served.find("immutable"), std::string::npos);
  EXPECT_TRUE(served.ends_with("\r\n\r\n" + segment));
}

TEST(FeedServer, KeepsTheSegmentsOfTheSnapshotsBefore) {
  FeedServer::Options options;
  options.snapshot_fresh_for = Milliseconds(0);
  TestServer server(options);
  const auto take = [&](int i) {
    const std::string segment = "segment " + std::to_string(i);
    server.log().set_snapshot({.manifest = "m" + std::to_string(i), .segments = {segment}});
    std::string answer;
    do {
      answer = FeedClient(server.port()).ask("/v1/feed/snapshot");
    } while (!answer.ends_with("m" + std::to_string(i)));
    return "/v1/feed/segments/" + to_hex(sha256(segment));
  };
  std::vector<std::string> names;
  for (int i = 0; i <= static_cast<int>(kKeptSnapshots); ++i) names.push_back(take(i));
  EXPECT_TRUE(FeedClient(server.port()).ask(names[0]).starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(FeedClient(server.port()).ask(names[1]).starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(FeedClient(server.port()).ask(names.back()).starts_with("HTTP/1.1 200 "));
}

TEST(FeedServer, ServesTheFeedsKeys) {
  FeedServer::Options options;
  options.keys = [] { return std::string(R"({"keys":[]})"); };
  TestServer server(options);
  const std::string answer = FeedClient(server.port()).ask("/v1/feed/keys");
  EXPECT_NE(answer.find("Content-Type: application/jwk-set+json\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with(R"({"keys":[]})"));
}

TEST(FeedServer, KnowsGetAndHeadAlone) {
  TestServer server;
  const auto ask = [&](std::string_view method, std::string_view path) {
    FeedClient client(server.port());
    client.send(std::string(method) + " " + std::string(path) +
                " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    return client.read_all();
  };
  for (const std::string_view path : {"/v1/feed", "/v1/feed?wait=0s", "/v1/feed/snapshot"}) {
    const std::string head = ask("HEAD", path);
    EXPECT_TRUE(head.starts_with("HTTP/1.1 200 ")) << path << head;
    EXPECT_TRUE(head.ends_with("\r\n\r\n")) << path << head;
    const std::string other = ask("DELETE", path);
    EXPECT_TRUE(other.starts_with("HTTP/1.1 405 ")) << path;
    EXPECT_NE(other.find("Allow: GET, HEAD\r\n"), std::string::npos) << path;
  }
  EXPECT_TRUE(server.wait_for(0, 0));
}

TEST(FeedServer, HandsOnAReceiptAndItsAnswer) {
  std::vector<feed::Report> received;
  FeedServer::Options options;
  options.receive = [&](feed::Report report, const FeedServer::Done& done) {
    received.push_back(std::move(report));
    done(received.size() == 1 ? Result<void>() : fail(ErrorCode::kConflict, "not of this history"));
  };
  TestServer server(options);
  const auto post = [&](std::string_view type, const std::string& body) {
    FeedClient client(server.port());
    client.send(
        "POST /v1/feed/receipts HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: " +
        std::string(type) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
        body);
    return client.read_all();
  };
  const std::string good = R"({"follower":"gw-1","position":"5.6","hash":")" +
                           to_hex(sha256(std::string_view("x"))) + R"(","policy":"refuse 30s"})";
  EXPECT_TRUE(post("text/plain", good).starts_with("HTTP/1.1 415 "));
  EXPECT_TRUE(post("application/json", "{}").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(post("application/json", good).starts_with("HTTP/1.1 204 "));
  EXPECT_TRUE(post("application/json", good).starts_with("HTTP/1.1 409 "));
  ASSERT_EQ(received.size(), 2U);
  EXPECT_EQ(received[0].follower, "gw-1");
  EXPECT_EQ(received[0].applied, (Position{5, 6}));
  EXPECT_EQ(received[0].hash, sha256(std::string_view("x")));
  EXPECT_EQ(received[0].policy, "refuse 30s");
  EXPECT_FALSE(received[0].proof);
}

TEST(FeedServer, AnswersAndEndsEverythingWhenItCloses) {
  TestServer server;
  FeedClient stream(server.port());
  stream.get("/v1/feed");
  FeedClient poll(server.port());
  poll.get("/v1/feed?after=0.0&wait=60s", "Connection: close\r\n");
  ASSERT_TRUE(server.wait_for(1, 1));
  server.loop().call([&] { server.feed().close(); });
  EXPECT_TRUE(stream.read_all().ends_with("0\r\n\r\n")) << "not ended in order";
  EXPECT_TRUE(poll.read_all().ends_with(R"({"batches":[]})"));
}

}  // namespace
}  // namespace rescind::transport

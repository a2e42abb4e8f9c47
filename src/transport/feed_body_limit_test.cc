#include "transport/feed_body_limit.h"

#include <gtest/gtest.h>

#include "net/limits.h"
#include "transport/feed_server_testing.h"
#include "transport/limits.h"

namespace rescind::transport {
namespace {

constexpr std::size_t kSmall = net::MessageLimits().body_bytes;
constexpr std::string_view kWho = "Authorization: Basic Zm9sbG93ZXI6c2VjcmV0\r\n";

bool may_follow(const net::Request& request) {
  return request.headers.find("Authorization").has_value();
}

std::size_t limit_of(std::string_view path, const std::string& length, bool known,
                     net::Method method = net::Method::kPost) {
  net::Request request;
  request.method = method;
  request.path = path;
  if (!length.empty()) request.headers.add("content-length", length);
  if (known) request.headers.add("Authorization", "Basic Zm9sbG93ZXI6c2VjcmV0");
  return feed_body_limit(request, may_follow);
}

TEST(FeedBodyLimit, IsSmallForWhoMayNotFollow) {
  const std::string large = std::to_string(kSmall + 1);
  EXPECT_EQ(limit_of("/v1/feed/receipts", large, false), kSmall);
  EXPECT_EQ(limit_of("/v1/feed/receipts", large, true), kMaxReportBytes);
  EXPECT_EQ(limit_of("/v1/feed/lost", large, false), kSmall);
  EXPECT_EQ(limit_of("/v1/feed/lost", large, true), kMaxPollBytes);
  EXPECT_EQ(limit_of("/v1/feed", large, true), kSmall);
  EXPECT_EQ(limit_of("/v1/feed/receipts", large, true, net::Method::kGet), kSmall);
  EXPECT_EQ(limit_of("/v1/feed/receipts", "many", true), kMaxReportBytes) << "the reader refuses";
}

TEST(FeedBodyLimit, AsksWhoItIsOnlyWhereMuchIsAnnounced) {
  EXPECT_EQ(limit_of("/v1/feed/receipts", std::to_string(kSmall), true), kSmall);
  EXPECT_EQ(limit_of("/v1/feed/receipts", "", true), kSmall) << "no body";
  net::Request chunked;
  chunked.method = net::Method::kPost;
  chunked.path = "/v1/feed/receipts";
  chunked.headers.add("Transfer-Encoding", "chunked");
  EXPECT_EQ(feed_body_limit(chunked, may_follow), kSmall);
  chunked.headers.add("Authorization", "x");
  EXPECT_EQ(feed_body_limit(chunked, may_follow), kMaxReportBytes);
}

// A server that takes receipts, and the status of its answer to one with this body.
struct Receiver {
  Receiver() : server(options(), http()) {}
  FeedServer::Options options() {
    FeedServer::Options taking;
    taking.receive = [this](const feed::Report& report, const FeedServer::Done& done) {
      if (report.proof) proof = *report.proof;
      done({});
    };
    return taking;
  }
  static net::ServerOptions http() {
    net::ServerOptions options;
    options.body_limit = [](const net::Request& request) {
      return feed_body_limit(request, may_follow);
    };
    return options;
  }
  std::string status(const std::string& body, std::string_view who) {
    FeedClient client(server.port());
    client.send("POST /v1/feed/receipts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
                std::string(who) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    if (body.size() <= kMaxReportBytes && (!who.empty() || body.size() <= kSmall)) {
      client.send(body);
    }
    return client.read_until("\r\n").substr(9, 3);
  }

  std::string proof;
  TestServer server;
};

TEST(FeedBodyLimit, LetsTheLargestManifestThroughAsAProof) {
  const auto receipt = [](std::size_t proof, std::size_t bytes) {
    std::string text = R"({"follower":"f","position":"1.2","hash":")" + std::string(64, 'a') +
                       R"(","proof":")" + std::string(proof, 'A') + "\"}";
    text.resize(std::max(text.size(), bytes), ' ');
    return text;
  };
  Receiver receiver;
  const std::string largest = receipt(feed::kMaxManifestBytes, kMaxReportBytes);
  ASSERT_EQ(largest.size(), kMaxReportBytes);
  EXPECT_EQ(receiver.status(largest, kWho), "204");
  EXPECT_EQ(receiver.proof.size(), feed::kMaxManifestBytes);
  EXPECT_EQ(receiver.status(largest + " ", kWho), "413");
  EXPECT_EQ(receiver.status(receipt(feed::kMaxManifestBytes + 1, 0), kWho), "400");
  EXPECT_EQ(receiver.status(largest, ""), "413") << "nothing of it was read";
  EXPECT_EQ(receiver.status(receipt(1, kSmall), ""), "204") << "here nobody asks who it is";
  EXPECT_EQ(receiver.status(receipt(1, kSmall + 1), ""), "413");
}

}  // namespace
}  // namespace rescind::transport

#include "issuer/http_get.h"

#include <gtest/gtest.h>

#include "net/http_server.h"

namespace rescind::issuer {
namespace {

// An issuer on a real socket that answers as a test says, and one question to it.
struct World {
  explicit World(net::Handler handler) {
    auto opened = net::Server::open({&loop}, {}, std::move(handler));
    EXPECT_TRUE(opened);
    server = *std::move(opened);
  }
  Result<std::string> get(const std::string& url,
                          std::chrono::milliseconds timeout = kFetchTimeout) {
    net::Client client(loop);
    std::optional<Result<std::string>> answer;
    http_get(client, timeout)(url, [&](Result<std::string> text) {
      answer = std::move(text);
      loop.stop();
    });
    if (!answer) loop.run();
    return *std::move(answer);
  }
  Result<std::string> get(std::chrono::milliseconds timeout = kFetchTimeout) {
    return get("http://127.0.0.1:" + std::to_string(server->port()) + "/jwks", timeout);
  }

  net::Loop loop;
  std::unique_ptr<net::Server> server;
};

net::Handler always(net::Response response) {
  return [response](const net::Request&, net::Responder responder) { responder.respond(response); };
}

TEST(HttpGet, GivesTheDocument) {
  World world(always({.content_type = "application/json", .body = "{}"}));
  EXPECT_EQ(world.get(), "{}");
}

TEST(HttpGet, TakesNothingButA200) {
  for (const int status : {201, 204, 404, 500, 503}) {
    World world(always({.status = status}));
    const Result<std::string> got = world.get();
    ASSERT_FALSE(got) << status;
    EXPECT_EQ(got.error().code, ErrorCode::kUnavailable);
  }
}

TEST(HttpGet, FollowsNoRedirect) {
  int requests = 0;
  World world([&](const net::Request&, net::Responder responder) {
    ++requests;
    responder.respond({.status = 302, .headers = {{"Location", "http://169.254.169.254/"}}});
  });
  const Result<std::string> got = world.get();
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().message.find("redirects"), std::string::npos);
  EXPECT_EQ(requests, 1);
}

TEST(HttpGet, TakesADocumentAtItsLimitAndNoneBeyond) {
  for (const std::size_t size :
       {kMaxDocumentBytes, kMaxDocumentBytes + 1, std::size_t{50} << 20U}) {
    const auto body = std::make_shared<const std::string>(size, ' ');
    World world(always({.shared_body = body}));
    const Result<std::string> got = world.get();
    EXPECT_EQ(got.has_value(), size == kMaxDocumentBytes) << size;
    if (!got) {
      EXPECT_EQ(got.error().code, ErrorCode::kTooLarge);
    }
  }
}

TEST(HttpGet, DoesNotWaitForWhoTricklesItsAnswer) {
  std::shared_ptr<net::Stream> stream;
  World world([&](const net::Request&, net::Responder responder) {
    stream = responder.stream({.status = 200});
  });
  // A byte every 20 ms: never silent for long, and never done.
  std::function<void()> trickle = [&] {
    if (stream) stream->send(std::make_shared<const std::string>(" "));
    world.loop.after(std::chrono::milliseconds(20), [&] { trickle(); });
  };
  trickle();
  const Result<std::string> got = world.get(std::chrono::milliseconds(200));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::kTimeout);
  stream.reset();
}

TEST(HttpGet, AsksNoOtherHostInTheClear) {
  World world(always({.body = "{}"}));
  for (const std::string_view url : {"http://169.254.169.254/", "file:///etc/passwd", "nonsense"}) {
    const Result<std::string> got = world.get(std::string(url));
    ASSERT_FALSE(got) << url;
    EXPECT_EQ(got.error().code, ErrorCode::kInvalid);
  }
}

}  // namespace
}  // namespace rescind::issuer

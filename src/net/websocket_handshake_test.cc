#include "net/websocket_handshake.h"

#include <gtest/gtest.h>

#include "net/http_parser.h"

namespace rescind::net {
namespace {

struct Line {
  std::string_view name;
  std::string_view value;
};

// The handshake of RFC 6455 1.3, with one header field in another way: replaced, or with an empty
// value left out.
Request request_with(Line other = {}) {
  Request request;
  request.host = "server.example.com:8443";
  for (const Line& line :
       {Line{"Upgrade", "websocket"}, Line{"Connection", "keep-alive, Upgrade"},
        Line{"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}, Line{"Sec-WebSocket-Version", "13"},
        Line{"Sec-WebSocket-Extensions", "permessage-deflate"},
        Line{"Sec-WebSocket-Protocol", "chat, superchat"}}) {
    if (line.name != other.name) request.headers.add(line.name, line.value);
  }
  if (!other.value.empty()) request.headers.add(other.name, other.value);
  return request;
}

TEST(WebSocketServer, AnswersTheHandshakeOfTheRfc) {
  const Response answer = answer_websocket(request_with());
  EXPECT_EQ(answer.status, 101);
  EXPECT_EQ(answer.header("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(answer.header("Upgrade"), "websocket");
  EXPECT_FALSE(answer.header("Sec-WebSocket-Extensions")) << "nothing is compressed";
  EXPECT_FALSE(answer.header("Sec-WebSocket-Protocol"));
}

TEST(WebSocketServer, KnowsWhoAsks) {
  EXPECT_TRUE(asks_for_websocket(request_with()));
  EXPECT_TRUE(asks_for_websocket(request_with({"Upgrade", "h2c, WebSocket"})));
  EXPECT_FALSE(asks_for_websocket(request_with({"Upgrade", ""})));
  EXPECT_FALSE(asks_for_websocket(request_with({"Upgrade", "h2c"})));
}

TEST(WebSocketServer, RefusesHandshakesThatAreNone) {
  struct Case {
    Line line;
    int status;
  };
  for (const Case& c :
       std::initializer_list<Case>{{{"Upgrade", "WEBSOCKET"}, 101},
                                   {{"Upgrade", "h2c"}, 400},
                                   {{"Upgrade", ""}, 400},
                                   {{"Connection", "upgrade"}, 101},
                                   {{"Connection", "close"}, 400},
                                   {{"Connection", ""}, 400},
                                   {{"Sec-WebSocket-Version", "8"}, 426},
                                   {{"Sec-WebSocket-Version", "13, 8"}, 426},
                                   {{"Sec-WebSocket-Version", ""}, 400},
                                   {{"Sec-WebSocket-Key", ""}, 400},
                                   {{"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ="}, 400},
                                   {{"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==="}, 400},
                                   {{"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZWE="}, 400},
                                   {{"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25j=Q=="}, 400},
                                   {{"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25 ZQ=="}, 400}}) {
    EXPECT_EQ(answer_websocket(request_with(c.line)).status, c.status)
        << c.line.name << ": " << c.line.value;
  }
  for (const std::string_view name : {"Sec-WebSocket-Key", "Sec-WebSocket-Version"}) {
    Request twice = request_with();
    twice.headers.add(name, name.ends_with("Key") ? "dGhlIHNhbXBsZSBub25jZQ==" : "13");
    EXPECT_EQ(answer_websocket(twice).status, 400) << name;
  }
  Request post = request_with();
  post.method = Method::kPost;
  EXPECT_EQ(answer_websocket(post).status, 400);
  Request old = request_with();
  old.version_1_0 = true;
  EXPECT_EQ(answer_websocket(old).status, 400);
  Request with_body = request_with();
  with_body.body = "x";
  EXPECT_EQ(answer_websocket(with_body).status, 400);
}

TEST(WebSocketServer, SaysWhichVersionItSpeaks) {
  const Response answer = answer_websocket(request_with({"Sec-WebSocket-Version", "12"}));
  EXPECT_EQ(answer.status, 426);
  EXPECT_EQ(answer.header("Sec-WebSocket-Version"), "13");
  EXPECT_EQ(answer.content_type, "application/problem+json");
}

TEST(WebSocketServer, RefusesPagesOfOtherOrigins) {
  for (const std::string_view origin :
       {"https://server.example.com:8443", "http://SERVER.example.com:8443"}) {
    EXPECT_EQ(answer_websocket(request_with({"Origin", origin})).status, 101) << origin;
  }
  for (const std::string_view origin :
       {"https://server.example.com", "https://evil.example", "null", "server.example.com:8443",
        "https://server.example.com:8443.evil.example", "https://server.example.com:8443/"}) {
    EXPECT_EQ(answer_websocket(request_with({"Origin", origin})).status, 403) << origin;
  }
  Request two = request_with({"Origin", "https://server.example.com:8443"});
  two.headers.add("Origin", "https://evil.example");
  EXPECT_EQ(answer_websocket(two).status, 403);
}

TEST(WebSocketClient, AsksWithAFreshKey) {
  SeededRandom random(1);
  const std::string key = websocket_key(random);
  EXPECT_NE(websocket_key(random), key);
  Request request;
  const HeaderList headers = websocket_headers(key);
  for (const auto& [name, value] : headers) request.headers.add(name, value);
  request.headers.add("Connection", "Upgrade");
  Response answer = answer_websocket(request);
  ASSERT_EQ(answer.status, 101);
  answer.headers.emplace_back("Connection", "Upgrade");
  EXPECT_TRUE(check_websocket(answer, key));
}

TEST(WebSocketClient, TakesTheAnswerToItsOwnHandshakeAlone) {
  const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
  const Response good{.status = 101,
                      .headers = {{"upgrade", "WebSocket"},
                                  {"connection", "keep-alive, upgrade"},
                                  {"sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}}};
  EXPECT_TRUE(check_websocket(good, key));
  Response bad = good;
  bad.status = 200;
  EXPECT_FALSE(check_websocket(bad, key));
  for (std::size_t i = 0; i < good.headers.size(); ++i) {
    bad = good;
    bad.headers[i].second = "x";
    EXPECT_FALSE(check_websocket(bad, key)) << good.headers[i].first;
    bad.headers.erase(bad.headers.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(check_websocket(bad, key)) << good.headers[i].first;
  }
  for (const char* name : {"Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"}) {
    bad = good;
    bad.headers.emplace_back(name, "x");
    const auto answer = check_websocket(bad, key);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  }
}

}  // namespace
}  // namespace rescind::net

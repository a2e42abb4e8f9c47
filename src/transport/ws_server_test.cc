#include "transport/ws_server.h"

#include <gtest/gtest.h>

#include "transport/limits.h"
#include "transport/ws_testing.h"

namespace rescind::transport {
namespace {

std::string cursor(std::uint64_t number) { return revocation::to_string(at(number)); }
std::string word(std::uint64_t number) { return "jws-" + std::to_string(number) + "."; }

std::string receipt(std::string_view follower = "gw-1") {
  return R"({"follower":")" + std::string(follower) + R"(","position":"5.6","hash":")" +
         to_hex(sha256(std::string_view("x"))) + R"(","policy":"refuse 30s"})";
}

FeedServer::Options taking(const std::function<Result<void>(const feed::Report&)>& take) {
  FeedServer::Options options;
  options.receive = [take](const feed::Report& report, const FeedServer::Done& done) {
    done(take(report));
  };
  return options;
}

TEST(WsServer, GreetsAndBeginsWithWhatIsPublishedNext) {
  TestServer server;
  server.publish(sealed(1));
  WsClient client(server.port());
  EXPECT_TRUE(client.head().starts_with("HTTP/1.1 101 ")) << client.head();
  EXPECT_NE(client.head().find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
            std::string::npos);
  EXPECT_EQ(client.next(), "ping ");
  ASSERT_TRUE(server.wait_for_sockets(1));
  server.publish(sealed(2));
  EXPECT_EQ(client.next(), "text jws-2.");
}

TEST(WsServer, CatchesUpFromTheLogAndGoesOnLive) {
  TestServer server;
  for (std::uint64_t number = 1; number <= 2000; ++number) server.log().append(sealed(number));
  WsClient client(server.port(), "/v1/feed?after=" + cursor(3));
  for (std::uint64_t number = 4; number <= 2000; ++number) {
    ASSERT_EQ(client.next_text(), word(number));
  }
  server.publish(sealed(2001));
  EXPECT_EQ(client.next_text(), word(2001));
}

TEST(WsServer, RefusesBeforeItOpensASocket) {
  TestServer server;
  for (std::uint64_t number = 1; number <= 5; ++number) server.log().append(sealed(number));
  server.log().forget(3);
  struct Case {
    std::string target;
    std::string headers;
    std::string_view status;
  };
  const std::string good = handshake();
  for (const Case& c : std::initializer_list<Case>{
           {"/v1/feed?after=" + cursor(1), good, "410"},
           {"/v1/feed?after=7.7", good, "409"},
           {"/v1/feed?after=x", good, "400"},
           {"/v1/feed/snapshot/x", good, "404"},
           {"/v1/feed", "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n", "400"},
           {"/v1/feed",
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
            "426"},
           {"/v1/feed", handshake("Origin: https://evil.example\r\n"), "403"},
       }) {
    FeedClient client(server.port());
    client.get(c.target, c.headers);
    const std::string head = client.read_until("\r\n\r\n");
    EXPECT_TRUE(head.starts_with("HTTP/1.1 " + std::string(c.status))) << c.target << head;
    EXPECT_NE(head.find("application/problem+json"), std::string::npos) << head;
    const bool offers = head.find("\r\nConnection: Upgrade\r\n") != std::string::npos &&
                        head.find("\r\nUpgrade: websocket\r\n") != std::string::npos;
    EXPECT_EQ(offers, c.status == "426") << head;
  }
  EXPECT_TRUE(WsClient(server.port(), "/v1/feed", "Origin: https://feed.example\r\n")
                  .head()
                  .starts_with("HTTP/1.1 101 "));
  server.log().fail_reads(ErrorCode::kUnavailable);
  FeedClient client(server.port());
  client.get("/v1/feed?after=" + cursor(4), good);
  EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 503 "));
}

TEST(WsServer, SendsAPingBehindEachHeartbeat) {
  FeedServer::Options options;
  options.heartbeat = []() -> Result<std::string> { return "now"; };
  TestServer server(options);
  WsClient client(server.port(), "/v1/feed?after=0.0");
  EXPECT_EQ(client.next(), "ping ");
  EXPECT_EQ(client.next(), "text now");  // having caught up
  EXPECT_EQ(client.next(), "ping ");
  server.loop().call([&] {
    ASSERT_TRUE(server.feed().publish(sealed(1)));
    ASSERT_TRUE(server.feed().publish_heartbeat("pulse"));
  });
  EXPECT_EQ(client.next(), "text jws-1.");
  EXPECT_EQ(client.next(), "text pulse");
  EXPECT_EQ(client.next(), "ping ");
}

TEST(WsServer, SendsLargeBatchesInChunksAndCutsOffWhoDoesNotRead) {
  TestServer server;
  const std::size_t size = std::size_t{100} << 10U;
  for (std::uint64_t number = 1; number <= 50; ++number) server.log().append(sealed(number, size));
  WsClient patient(server.port(), "/v1/feed?after=0.0", {}, {}, 4096);
  for (std::uint64_t number = 1; number <= 50; ++number) {
    ASSERT_EQ(patient.next_text(), sealed(number, size).jws);
  }
  EXPECT_EQ(server.counters().cut_off, 0U);
  WsClient slow(server.port(), "/v1/feed?after=" + cursor(50), {}, {}, 4096);
  ASSERT_TRUE(server.wait_for_sockets(2));
  // Some megabytes are in the kernel's buffers before the server's own fills.
  for (std::uint64_t number = 51; server.counters().cut_off == 0 && number < 1'000; ++number) {
    server.publish(sealed(number, size));
    ASSERT_EQ(patient.next_text(), sealed(number, size).jws);
  }
  EXPECT_EQ(server.counters().cut_off, 1U);
  EXPECT_TRUE(server.wait_for_sockets(1));
}

TEST(WsServer, AnswersPingsAndCloses) {
  TestServer server;
  WsClient client(server.port());
  EXPECT_EQ(client.next(), "ping ");
  std::string frames;
  net::append_ping(frames, "are you there", kTestMask);
  net::append_pong(frames, "unasked", kTestMask);
  net::append_close(frames, net::CloseCode::kNormal, "", kTestMask);
  client.send(frames);
  EXPECT_EQ(client.next(), "pong are you there");
  EXPECT_EQ(client.next(), "close 1000");
  EXPECT_EQ(client.next(), "end");
  EXPECT_TRUE(server.wait_for_sockets(0));
  EXPECT_EQ(server.counters().cut_off, 0U);
}

TEST(WsServer, SaysByACodeWhatItDoesNotTake) {
  TestServer server;
  std::string at_limit;
  net::append_text(at_limit, std::string(kMaxSocketReportBytes, 'x'), kTestMask);
  std::string one_past;
  net::append_text(one_past, std::string(kMaxSocketReportBytes + 1, 'x'), kTestMask);
  std::string no_utf8;
  net::append_text(no_utf8, "\xFF", kTestMask);
  std::string unmasked;
  net::append_text(unmasked, "{}");
  const std::pair<std::string, std::string> cases[] = {
      {std::string("\x82\x81\1\2\3\4x", 7), "close 1003"},
      {one_past, "close 1009"},
      {no_utf8, "close 1007"},
      {unmasked, "close 1002"}};
  for (const auto& [frame, close] : cases) {
    WsClient client(server.port());
    EXPECT_EQ(client.next(), "ping ");
    client.send(frame);
    EXPECT_EQ(client.next(), close);
    EXPECT_EQ(client.next(), "end");
  }
  WsClient client(server.port());
  client.send(at_limit);
  EXPECT_NE(client.next_text().find("\"status\":404"), std::string::npos) << "none are taken here";
  EXPECT_TRUE(server.wait_for_sockets(1));
}

TEST(WsServer, AnswersEachReceiptAsAPostWouldBe) {
  std::vector<feed::Report> received;
  TestServer server(taking([&](const feed::Report& report) -> Result<void> {
    received.push_back(report);
    if (report.follower == "lost") return fail(ErrorCode::kConflict, "not of this history");
    return {};
  }));
  WsClient client(server.port());
  client.send_text(receipt());
  EXPECT_EQ(client.next_text(), R"({"status":204})");
  client.send_text(receipt("lost"));
  const std::string refused = client.next_text();
  EXPECT_NE(refused.find("\"status\":409"), std::string::npos) << refused;
  EXPECT_NE(refused.find("not of this history"), std::string::npos) << refused;
  for (const std::string_view bad : {"{}", "", "jws", "[]"}) {
    client.send_text(bad);
    EXPECT_NE(client.next_text().find("\"status\":400"), std::string::npos) << bad;
  }
  ASSERT_EQ(received.size(), 2U);
  EXPECT_EQ(received[0].follower, "gw-1");
  EXPECT_EQ(received[0].applied, (Position{5, 6}));
}

TEST(WsServer, TakesAReceiptThatCameWithTheHandshake) {
  TestServer server(taking([](const feed::Report&) { return Result<void>(); }));
  std::string early;
  net::append_text(early, receipt(), kTestMask);
  WsClient client(server.port(), "/v1/feed", {}, early);
  EXPECT_EQ(client.next_text(), R"({"status":204})");
}

TEST(WsServer, TakesSoManyReceiptsBetweenTwoHeartbeatsAndNoMore) {
  std::size_t taken = 0;
  TestServer server(taking([&](const feed::Report&) {
    ++taken;
    return Result<void>();
  }));
  WsClient client(server.port());
  EXPECT_EQ(client.next(), "ping ");
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < kMaxReceiptsPerHeartbeat; ++i) {
      client.send_text(receipt());
      ASSERT_EQ(client.next_text(), R"({"status":204})");
    }
    client.send_text(receipt());
    EXPECT_NE(client.next_text().find("\"status\":429"), std::string::npos);
    server.publish_heartbeat("pulse");
    EXPECT_EQ(client.next(), "text pulse");
  }
  EXPECT_EQ(taken, 2 * kMaxReceiptsPerHeartbeat);
}

TEST(WsServer, CutsOffWhoLetsPingsGoUnanswered) {
  TestServer server;
  WsClient silent(server.port());
  WsClient living(server.port());
  ASSERT_TRUE(server.wait_for_sockets(2));
  EXPECT_EQ(living.next(), "ping ");
  std::string pong;
  net::append_pong(pong, "", kTestMask);
  std::string ping;
  net::append_ping(ping, "?", kTestMask);
  const auto heartbeat = [&] {
    server.publish_heartbeat("pulse");
    ASSERT_EQ(living.next(), "text pulse");
    ASSERT_EQ(living.next(), "ping ");
    living.send(pong + ping);
    ASSERT_EQ(living.next(), "pong ?");  // so the server has seen both
  };
  for (std::size_t i = 0; i < kMaxSilentHeartbeats; ++i) heartbeat();
  EXPECT_EQ(server.counters().sockets, 2U);
  heartbeat();
  EXPECT_TRUE(server.wait_for_sockets(1));
  EXPECT_EQ(server.counters().cut_off, 1U);
  heartbeat();
}

TEST(WsServer, SaysThatItGoesAway) {
  TestServer server;
  WsClient client(server.port());
  EXPECT_EQ(client.next(), "ping ");
  ASSERT_TRUE(server.wait_for_sockets(1));
  server.loop().call([&] { server.feed().close(); });
  EXPECT_EQ(client.next(), "close 1001");
  EXPECT_EQ(client.next(), "end");
  EXPECT_TRUE(server.wait_for_sockets(0));
}

TEST(WsServer, EndsASocketWhoseHistoryHasEnded) {
  TestServer server;
  for (std::uint64_t number = 1; number <= 5; ++number) server.publish(sealed(number));
  WsClient client(server.port(), "/v1/feed?after=" + cursor(5));
  EXPECT_EQ(client.next(), "ping ");
  ASSERT_TRUE(server.wait_for_sockets(1));
  feed::Sealed other = sealed(4);
  other.position.term = kTestTerm + 1;
  server.log().fail_reads(ErrorCode::kConflict);
  server.loop().call([&] { ASSERT_TRUE(server.feed().publish(other)); });
  EXPECT_EQ(client.next(), "close 1001");
}

}  // namespace
}  // namespace rescind::transport

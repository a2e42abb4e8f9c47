#include "net/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "net/loop_thread.h"
#include "net/raw_client.h"

namespace rescind::net {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Says what it was asked.
void echo(const Request& request, Responder responder) {
  responder.respond({.content_type = "text/plain",
                     .body = std::string(request.method_name) + " " + std::string(request.path) +
                             "?" + std::string(request.query) + " " + std::string(request.body)});
}

class HttpServerTest : public testing::Test {
 protected:
  void open(Handler handler = echo, ServerOptions options = {}) {
    auto server = Server::open({&thread_.loop()}, std::move(options), std::move(handler));
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  std::uint16_t port() { return server_->port(); }
  std::string ask(std::string_view bytes) { return exchange(port(), bytes); }

  LoopThread thread_;
  std::unique_ptr<Server> server_;
};

TEST_F(HttpServerTest, AnswersARequest) {
  open();
  const std::string response =
      ask("GET /a%20b?c=d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(response, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(response, HasSubstr("\r\nContent-Type: text/plain\r\n"));
  EXPECT_THAT(response, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(response, HasSubstr("\r\nDate: "));
  EXPECT_THAT(response, EndsWith("\r\n\r\nGET /a%20b?c=d "));
}

TEST_F(HttpServerTest, KeepsTheConnectionForAnotherRequest) {
  open();
  RawClient client(port());
  for (int i = 0; i < 3; ++i) {
    client.send("GET /again HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(client.read_response(), EndsWith("GET /again? "));
  }
  const ServerCounters counters = server_->counters();
  EXPECT_EQ(counters.requests, 3);
  EXPECT_EQ(counters.connections, 1);
  EXPECT_EQ(counters.open_connections, 1);
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  open();
  RawClient client(port());
  client.send(
      "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none"
      "POST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n"
      "GET /3 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_response(), EndsWith("POST /1? one"));
  EXPECT_THAT(client.read_response(), EndsWith("POST /2? two"));
  EXPECT_THAT(client.read_response(), EndsWith("GET /3? "));
}

TEST_F(HttpServerTest, TakesAMessageByteByByte) {
  open();
  RawClient client(port());
  for (const char c :
       std::string_view("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                        "\r\n5;a=b\r\nhello\r\n0\r\nTrailer: t\r\n\r\n")) {
    client.send({&c, 1});
  }
  EXPECT_THAT(client.read_response(), EndsWith("POST /? hello"));
}

TEST_F(HttpServerTest, AnswersFromAnotherThread) {
  std::vector<std::jthread> threads;
  open([&](const Request&, Responder responder) {
    threads.emplace_back([responder = std::move(responder)]() mutable {
      const std::string path(responder.request().path);
      responder.respond({.status = 201, .body = path});
    });
  });
  RawClient client(port());
  for (int i = 0; i < 5; ++i) {
    client.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string response = client.read_response();
    EXPECT_THAT(response, StartsWith("HTTP/1.1 201 Created\r\n"));
    EXPECT_THAT(response, EndsWith("/later"));
  }
  thread_->call([&] { threads.clear(); });
}

TEST_F(HttpServerTest, AnswersAForgottenRequestWith500) {
  open([](const Request&, const Responder&) {});
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 500 "));
}

}  // namespace
}  // namespace rescind::net

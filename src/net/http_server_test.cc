#include "net/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <optional>
#include <thread>
#include <vector>

#include "net/loop_thread.h"
#include "net/raw_client.h"

namespace rescind::net {
namespace {

using namespace std::chrono_literals;
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

TEST_F(HttpServerTest, AnswersHeadersThatCannotBeSentWith500) {
  const std::vector<HeaderList> unsafe = {
      {{"X", "a\r\nX-Admin: 1"}}, {{"X\r\n", "a"}}, {{"X Y", "a"}}, {{"Content-Length", "1"}}};
  std::size_t next = 0;
  open([&](const Request&, Responder responder) {
    responder.respond({.headers = unsafe[next++], .body = "hello"});
  });
  RawClient client(port());
  for (std::size_t i = 0; i < unsafe.size(); ++i) {
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string response = client.read_response();
    EXPECT_THAT(response, StartsWith("HTTP/1.1 500 "));
    EXPECT_THAT(response, Not(HasSubstr("X-Admin")));
  }
}

TEST_F(HttpServerTest, SendsLargeBodies) {
  const auto shared = std::make_shared<const std::string>(5'000'000, 's');
  open([&](const Request& request, Responder responder) {
    if (request.path == "/shared") return responder.respond({.shared_body = shared});
    responder.respond({.body = std::string(1'000'000, 'o')});
  });
  RawClient client(port());
  client.send("GET /own HTTP/1.1\r\nHost: x\r\n\r\nGET /shared HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_response(), EndsWith("\r\n\r\n" + std::string(1'000'000, 'o')));
  EXPECT_THAT(client.read_response(), EndsWith("\r\n\r\n" + *shared));
}

TEST_F(HttpServerTest, HasABodyLimitForEachRequest) {
  open(echo, {.body_limit = [](const Request& request) -> std::size_t {
         return request.path == "/large" ? 200'000 : 10;
       }});
  const auto post = [&](const std::string& path, std::size_t size) {
    return ask("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) +
               "\r\n\r\n" + std::string(size, 'x'));
  };
  EXPECT_THAT(post("/", 10), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(post("/", 11), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(post("/large", 200'000), EndsWith(std::string(200'000, 'x')));
  EXPECT_THAT(post("/large", 200'001), StartsWith("HTTP/1.1 413 "));
}

// Deadlines.

TEST_F(HttpServerTest, EndsAnIdleConnection) {
  open(echo, {.deadlines = {.idle = 40ms}});
  RawClient client(port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_response(), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(client.read_all(), "");
}

TEST_F(HttpServerTest, EndsAConnectionThatNeverAsks) {
  open(echo, {.deadlines = {.head = 40ms}});
  RawClient client(port());
  EXPECT_EQ(client.read_all(), "");
}

TEST_F(HttpServerTest, AnswersAHeadThatDoesNotComeWith408) {
  open(echo, {.deadlines = {.head = 40ms}});
  RawClient client(port());
  client.send("GET / HTTP/1.1\r\nHost:");
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(server_->counters().timeouts, 1);
}

TEST_F(HttpServerTest, AnswersABodyThatDoesNotComeWith408) {
  open(echo, {.deadlines = {.body = 40ms}});
  RawClient client(port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na");
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 408 "));
}

TEST_F(HttpServerTest, EndsAConnectionThatDoesNotRead) {
  Promised<bool> ended;
  open([](const Request&,
          Responder responder) { responder.respond({.body = std::string(50'000'000, 'x')}); },
       {.deadlines = {.write = 40ms}});
  RawClient client = RawClient::slow_reader(port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  while (server_->counters().timeouts == 0) std::this_thread::yield();
  EXPECT_LT(client.read_all().size(), 50'000'000);
}

TEST_F(HttpServerTest, LetsAHandlerTakeItsTime) {
  Promised<Responder> kept;
  open([&](const Request&, Responder responder) { kept.set(std::move(responder)); },
       {.deadlines = {.head = 8ms, .body = 8ms, .idle = 8ms, .write = 8ms, .linger = 8ms}});
  RawClient client(port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  auto responder = kept.wait();
  ASSERT_TRUE(responder);
  Promised<bool> later;
  thread_->post([&] { thread_->after(60ms, [&] { later.set(true); }); });
  ASSERT_TRUE(later.wait());
  responder->respond({.body = "late"});
  EXPECT_THAT(client.read_response(), EndsWith("late"));
}

// Connections.

TEST_F(HttpServerTest, KeepsAThousandConnections) {
  open();
  std::vector<RawClient> clients;
  for (int i = 0; i < 1000; ++i) clients.emplace_back(port());
  for (int round = 0; round < 2; ++round) {
    for (RawClient& client : clients) client.send("GET /many HTTP/1.1\r\nHost: x\r\n\r\n");
    for (RawClient& client : clients) {
      ASSERT_THAT(client.read_response(), EndsWith("GET /many? "));
    }
  }
  EXPECT_EQ(server_->counters().open_connections, 1000);
  EXPECT_EQ(server_->counters().requests, 2000);
}

TEST_F(HttpServerTest, TakesConnectionsUpToTheLimitAndRefusesOnePast) {
  open(echo, {.connections = 2});
  const auto works = [](RawClient& client) {
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    return !client.read_response().empty();
  };
  RawClient first(port());
  EXPECT_TRUE(works(first));
  {
    RawClient second(port());
    EXPECT_TRUE(works(second));
    RawClient third(port());
    EXPECT_FALSE(works(third));
    EXPECT_EQ(server_->counters().refused_connections, 1);
  }
  while (server_->counters().open_connections > 1) std::this_thread::yield();
  RawClient again(port());
  EXPECT_TRUE(works(again));
}

TEST_F(HttpServerTest, SpreadsConnectionsOverLoops) {
  LoopThread other;
  std::atomic<int> here = 0;
  std::atomic<int> there = 0;
  server_ =
      *Server::open({&thread_.loop(), &other.loop()}, {}, [&](const Request&, Responder responder) {
        other->in_thread() ? ++there : ++here;
        responder.respond({});
      });
  for (int i = 0; i < 10; ++i) ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(here, 5);
  EXPECT_EQ(there, 5);
  EXPECT_EQ(server_->counters().requests, 10);
  server_.reset();
}

TEST_F(HttpServerTest, ListensOnAUnixDomainSocket) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("rescind_net_" + std::to_string(::getpid())))
          .string();
  for (int i = 0; i < 2; ++i) {  // the second time over what the first left
    open([](const Request& request,
            Responder responder) { responder.respond({.body = std::string(request.peer)}); },
         {.address = path});
    RawClient client(path);
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(client.read_response(), EndsWith("unix"));
    server_.reset();
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(HttpServerTest, SaysWhyItCannotListen) {
  open();
  const auto taken = Server::open({&thread_.loop()}, {.port = port()}, echo);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(taken.error().message, HasSubstr("Address already in use"));
  const auto nonsense = Server::open({&thread_.loop()}, {.address = "nowhere"}, echo);
  ASSERT_FALSE(nonsense);
  EXPECT_EQ(nonsense.error().code, ErrorCode::kInvalid);
}

TEST_F(HttpServerTest, EndsWithARequestUnanswered) {
  Promised<Responder> kept;
  open([&](const Request&, Responder responder) { kept.set(std::move(responder)); });
  RawClient client(port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  auto responder = kept.wait();
  ASSERT_TRUE(responder);
  server_.reset();
  EXPECT_EQ(client.read_all(), "");
  EXPECT_EQ(responder->request().path, "/");
  responder->respond({});  // to nobody
}

TEST(HttpServerEnd, LetsAResponderOutliveItsLoop) {
  Promised<Responder> kept;
  std::optional<Responder> responder;
  {
    LoopThread thread;
    const auto server = *Server::open(
        {&thread.loop()}, {}, [&](const Request&, Responder given) { kept.set(std::move(given)); });
    RawClient client(server->port());
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    responder = kept.wait();
  }
  ASSERT_TRUE(responder);
  const auto stream = responder->stream({});
  stream->send(std::make_shared<const std::string>("to nobody"));
}

// Draining.

TEST_F(HttpServerTest, DrainsWhatRunsAndClosesWhatIsIdle) {
  Promised<Responder> kept;
  open(
      [&](const Request& request, Responder responder) {
        if (request.path == "/slow") return kept.set(std::move(responder));
        responder.respond({});
      },
      {.deadlines = {.linger = 40ms}});
  RawClient idle(port());
  idle.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(idle.read_response(), StartsWith("HTTP/1.1 200 "));
  RawClient busy(port());
  busy.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  auto responder = kept.wait();
  ASSERT_TRUE(responder);

  Promised<bool> drained;
  server_->drain(10s, [&] { drained.set(true); });
  EXPECT_EQ(idle.read_all(), "");
  responder->respond({.body = "last"});
  const std::string response = busy.read_all();
  EXPECT_THAT(response, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(response, EndsWith("last"));
  EXPECT_TRUE(drained.wait());
}

TEST_F(HttpServerTest, CutsOffWhatDoesNotEndInItsGrace) {
  Promised<Responder> kept;
  open([&](const Request&, Responder responder) { kept.set(std::move(responder)); });
  RawClient client(port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto responder = kept.wait();
  Promised<bool> drained;
  server_->drain(20ms, [&] { drained.set(true); });
  EXPECT_TRUE(drained.wait());
  EXPECT_EQ(client.read_all(), "");
}

}  // namespace
}  // namespace rescind::net

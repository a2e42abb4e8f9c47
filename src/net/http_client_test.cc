#include "net/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "net/http_server.h"
#include "net/loop_thread.h"
#include "net/raw_server.h"

namespace rescind::net {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

class HttpClientTest : public testing::Test {
 protected:
  void serve(Handler handler, ServerOptions options = {}) {
    server_ = *Server::open({&server_loop_.loop()}, std::move(options), std::move(handler));
  }
  void TearDown() override { client_.reset(); }

  std::string url(std::string_view target) {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + std::string(target);
  }
  Result<Response> fetch(FetchRequest request) {
    Promised<Result<Response>> answer;
    client_->fetch(std::move(request), [&](Result<Response> got) { answer.set(std::move(got)); });
    auto got = answer.wait();
    return got ? *std::move(got) : fail(ErrorCode::kInternal, "nobody answered");
  }

  LoopThread server_loop_;
  LoopThread client_loop_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Client> client_ = std::make_unique<Client>(client_loop_.loop());
};

TEST_F(HttpClientTest, FetchesAnAnswer) {
  serve([](const Request& request, Responder responder) {
    responder.respond({.status = 202,
                       .content_type = "text/plain",
                       .headers = {{"X-Asked", std::string(*request.headers.find("x-asks"))}},
                       .body = std::string(request.method_name) + " " +
                               std::string(request.target) + " " +
                               std::string(*request.headers.find("content-type")) + " " +
                               std::string(request.body)});
  });
  const auto response = fetch({.method = Method::kPost,
                               .url = url("/a?b=c"),
                               .headers = {{"X-Asks", "yes"}},
                               .content_type = "text/x",
                               .body = "hello"});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 202);
  EXPECT_EQ(response->content_type, "text/plain");
  EXPECT_EQ(response->header("x-asked"), "yes");
  EXPECT_EQ(response->body, "POST /a?b=c text/x hello");
}

TEST_F(HttpClientTest, UsesAConnectionAgain) {
  serve([](const Request& request, Responder responder) {
    responder.respond({.body = std::string(request.peer)});
  });
  const auto first = fetch({.url = url("/")});
  const auto second = fetch({.url = url("/")});
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->body, second->body);
  EXPECT_EQ(server_->counters().connections, 1);
}

TEST_F(HttpClientTest, SendsAgainWhatAKeptConnectionLost) {
  // It says that it keeps the connection, and closes it.
  RawServer server({"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none",
                    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo"});
  const auto first = fetch({.url = server.url()});
  ASSERT_TRUE(first) << first.error().message;
  const auto second = fetch({.url = server.url()});
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->body, "two");
}

TEST_F(HttpClientTest, SkipsInterimAnswers) {
  RawServer server(
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"});
  const auto response = fetch({.url = server.url()});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "body");
}

TEST_F(HttpClientTest, ReadsABodyUpToTheEndOfTheConnection) {
  RawServer server({"HTTP/1.1 200\r\n\r\nall of it"});
  const auto response = fetch({.url = server.url()});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "all of it");
}

TEST_F(HttpClientTest, RefusesAnswersOfUncertainFraming) {
  const std::map<std::string, ErrorCode> answers = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
       ErrorCode::kCorrupt},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", ErrorCode::kCorrupt},
      {"HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\nabc", ErrorCode::kCorrupt},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", ErrorCode::kCorrupt},
      {"HTTP/1.1 200 OK\nContent-Length: 3\n\nabc", ErrorCode::kCorrupt},
      {"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", ErrorCode::kCorrupt},
      {"HTTP/2 200 OK\r\n\r\n", ErrorCode::kCorrupt},
      {"HTTP/1.1 2000 OK\r\n\r\n", ErrorCode::kCorrupt},
      {"HTTP/1.1 101 Switching Protocols\r\n\r\n", ErrorCode::kCorrupt},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", ErrorCode::kCorrupt},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", ErrorCode::kUnavailable},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", ErrorCode::kUnavailable},
      {"HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", ErrorCode::kCorrupt},
      {"", ErrorCode::kUnavailable},
  };
  for (const auto& [answer, code] : answers) {
    RawServer server({answer});
    const auto response = fetch({.url = server.url()});
    ASSERT_FALSE(response) << answer;
    EXPECT_EQ(response.error().code, code) << answer << response.error().message;
  }
}

TEST_F(HttpClientTest, ReadsABodyAtTheLimitAndRefusesOnePast) {
  serve([](const Request& request, Responder responder) {
    responder.respond({.body = std::string(request.path == "/more" ? 1001 : 1000, 'x')});
  });
  EXPECT_TRUE(fetch({.url = url("/"), .max_body = 1000}));
  const auto refused = fetch({.url = url("/more"), .max_body = 1000});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kTooLarge);
}

TEST_F(HttpClientTest, GivesUpWhereNobodyAnswersInTime) {
  std::vector<Responder> kept;
  serve([&](const Request&, Responder responder) { kept.push_back(std::move(responder)); });
  const auto response = fetch({.url = url("/"), .timeout = 50ms});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kTimeout);
  server_loop_->call([&] { kept.clear(); });
}

TEST_F(HttpClientTest, SaysThatNobodyListens) {
  std::uint16_t port = 0;
  {
    serve([](const Request&, Responder) {});
    port = server_->port();
    server_.reset();
  }
  const auto response = fetch({.url = "http://127.0.0.1:" + std::to_string(port) + "/"});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(response.error().message, HasSubstr("Connection refused"));
}

TEST_F(HttpClientTest, ResolvesNames) {
  serve([](const Request& request, Responder responder) {
    responder.respond({.body = std::string(request.host)});
  });
  const std::string host = "localhost:" + std::to_string(server_->port());
  const auto response = fetch({.url = "http://" + host + "/"});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, host);
}

TEST_F(HttpClientTest, RefusesARequestThatCannotBeSent) {
  const std::vector<FetchRequest> requests = {
      {.url = "ftp://127.0.0.1/"},
      {.url = "http://127.0.0.1/a b"},
      {.url = "http://127.0.0.1/", .headers = {{"X", "a\r\nY: b"}}},
      {.url = "http://127.0.0.1/", .headers = {{"Host", "other"}}},
      {.url = "http://127.0.0.1/", .content_type = "a\nb"},
      {.method = Method::kConnect, .url = "http://127.0.0.1/"},
  };
  for (const FetchRequest& request : requests) {
    const auto response = fetch(request);
    ASSERT_FALSE(response) << request.url;
    EXPECT_EQ(response.error().code, ErrorCode::kInvalid);
  }
}

TEST_F(HttpClientTest, EndsInTheMiddleOfARequest) {
  std::vector<Responder> kept;
  Promised<bool> asked;
  serve([&](const Request&, Responder responder) {
    kept.push_back(std::move(responder));
    asked.set(true);
  });
  bool called = false;
  client_->fetch({.url = url("/")}, [&](const Result<Response>&) { called = true; });
  ASSERT_TRUE(asked.wait());
  client_.reset();
  server_loop_->call([&] { kept.clear(); });
  client_loop_->call([&] { EXPECT_FALSE(called); });
}

TEST_F(HttpClientTest, AsksManyThingsAtOnce) {
  serve([](const Request& request, Responder responder) {
    responder.respond({.body = std::string(request.path)});
  });
  constexpr int kRequests = 200;
  int good = 0;
  int answered = 0;
  Promised<bool> all;
  for (int i = 0; i < kRequests; ++i) {
    const std::string path = "/" + std::to_string(i);
    client_->fetch({.url = url(path)}, [&, path](const Result<Response>& response) {
      good += response && response->body == path ? 1 : 0;
      if (++answered == kRequests) all.set(true);
    });
  }
  EXPECT_TRUE(all.wait());
  EXPECT_EQ(good, kRequests);
}

TEST_F(HttpClientTest, FetchesWithoutALoop) {
  serve([](const Request&, Responder responder) { responder.respond({.body = "here"}); });
  const auto response = blocking_fetch({.url = url("/")});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "here");
}

// Streams.

struct Heard {
  Promised<int> head;
  Promised<Error> end;
  Promised<std::string> data;

  StreamCallbacks callbacks(std::size_t wanted) {
    return {.on_head = [this](const Response& response) { head.set(response.status); },
            .on_data =
                [this, wanted](std::string_view bytes) {
                  all.append(bytes);
                  if (all.size() >= wanted) data.set(all);
                },
            .on_end = [this](const Error& error) { end.set(error); }};
  }

 private:
  std::string all;
};

TEST_F(HttpClientTest, ReadsAStreamAsItComes) {
  Promised<std::shared_ptr<Stream>> opened;
  serve([&](const Request&, Responder responder) {
    opened.set(responder.stream({.content_type = "text/event-stream"}));
  });
  Heard heard;
  std::unique_ptr<ClientStream> stream;
  client_loop_->call(
      [&] { stream = client_->open_stream({.url = url("/")}, heard.callbacks(10)); });
  auto server_stream = opened.wait();
  ASSERT_TRUE(server_stream);
  EXPECT_EQ(heard.head.wait(), 200);
  EXPECT_TRUE((*server_stream)->send(std::make_shared<const std::string>("first")));
  EXPECT_TRUE((*server_stream)->send(std::make_shared<const std::string>("other")));
  EXPECT_EQ(heard.data.wait(), "firstother");
  (*server_stream)->close();
  const auto end = heard.end.wait();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code, ErrorCode::kUnavailable);
  client_loop_->call([&] { stream.reset(); });
}

TEST_F(HttpClientTest, TellsTheServerThatAStreamWasCancelled) {
  Promised<bool> closed;
  std::shared_ptr<Stream> server_stream;
  serve([&](const Request&, Responder responder) {
    server_stream = responder.stream({});
    server_stream->on_close([&] { closed.set(true); });
  });
  Heard heard;
  std::unique_ptr<ClientStream> stream;
  client_loop_->call([&] { stream = client_->open_stream({.url = url("/")}, heard.callbacks(1)); });
  EXPECT_EQ(heard.head.wait(), 200);
  client_loop_->call([&] { stream.reset(); });
  EXPECT_TRUE(closed.wait());
  server_loop_->call(
      [&] { EXPECT_FALSE(server_stream->send(std::make_shared<std::string>("x"))); });
}

TEST_F(HttpClientTest, EndsAStreamThatIsSilentTooLong) {
  std::shared_ptr<Stream> server_stream;
  serve([&](const Request&, Responder responder) { server_stream = responder.stream({}); });
  Heard heard;
  std::unique_ptr<ClientStream> stream;
  client_loop_->call([&] {
    stream = client_->open_stream({.url = url("/"), .idle_timeout = 50ms}, heard.callbacks(1));
  });
  const auto end = heard.end.wait();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code, ErrorCode::kTimeout);
  client_loop_->call([&] { stream.reset(); });
}

TEST_F(HttpClientTest, PassesBytesBothWaysAfterAnUpgrade) {
  serve([](const Request& request, Responder responder) {
    EXPECT_EQ(request.headers.find("upgrade"), "echo");
    const auto stream = std::make_shared<std::shared_ptr<Stream>>();
    *stream = responder.upgrade(
        {.status = 101, .headers = {{"Upgrade", "echo"}}},
        [](Stream& lent, std::string_view bytes) {
          lent.send(std::make_shared<const std::string>("<" + std::string(bytes) + ">"));
        });
    (*stream)->on_close([stream] { stream->reset(); });
  });
  Heard heard;
  std::unique_ptr<ClientStream> stream;
  client_loop_->call([&] {
    stream = client_->open_stream(
        {.url = url("/"), .headers = {{"Upgrade", "echo"}}, .upgrade = true}, heard.callbacks(7));
  });
  EXPECT_EQ(heard.head.wait(), 101);
  client_loop_->call([&] { EXPECT_TRUE(stream->send("hello")); });
  EXPECT_EQ(heard.data.wait(), "<hello>");
  client_loop_->call([&] { stream.reset(); });
}

TEST_F(HttpClientTest, RefusesAStreamWithABadUrl) {
  Heard heard;
  std::unique_ptr<ClientStream> stream;
  client_loop_->call([&] { stream = client_->open_stream({.url = "x"}, heard.callbacks(1)); });
  const auto end = heard.end.wait();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code, ErrorCode::kInvalid);
  client_loop_->call([&] { stream.reset(); });
}

TEST_F(HttpClientTest, OutlivesItsClientWithAStream) {
  Heard heard;
  std::unique_ptr<ClientStream> stream;
  client_loop_->call([&] {
    stream = client_->open_stream({.url = "http://127.0.0.1:1/"}, heard.callbacks(1));
    client_.reset();
    EXPECT_FALSE(stream->send("x"));
    stream.reset();
  });
}

}  // namespace
}  // namespace rescind::net

// Responses that stay open: server-sent events, upgrades.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "net/http_server.h"
#include "net/loop_thread.h"
#include "net/raw_client.h"

namespace rescind::net {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class HttpStream : public testing::Test {
 protected:
  void open(Handler handler, ServerOptions options = {}) {
    server_ = *Server::open({&thread_.loop()}, std::move(options), std::move(handler));
  }
  std::uint16_t port() { return server_->port(); }

  LoopThread thread_;
  std::unique_ptr<Server> server_;
};

std::shared_ptr<const std::string> bytes(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

TEST_F(HttpStream, StreamsInChunks) {
  open([](const Request&, Responder responder) {
    const auto stream = responder.stream({.content_type = "text/event-stream"});
    EXPECT_TRUE(stream->send(bytes("hello")));
    EXPECT_TRUE(stream->send(bytes("")));
    EXPECT_TRUE(stream->send(bytes(" world")));
    stream->close();
    EXPECT_FALSE(stream->send(bytes("more")));
  });
  RawClient client(port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string response = client.read_all();
  EXPECT_THAT(response, HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
  EXPECT_THAT(response, EndsWith("\r\n\r\nb\r\nhello world\r\n0\r\n\r\n"));
}

TEST_F(HttpStream, StreamsUpToTheEndForHttp10) {
  open([](const Request&, Responder responder) { responder.stream({})->send(bytes("hello")); });
  RawClient client(port());
  client.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(client.read_all(), EndsWith("\r\n\r\nhello"));
}

TEST_F(HttpStream, SendsTheHeadOfAStreamToHead) {
  open([](const Request&, Responder responder) {
    EXPECT_FALSE(responder.stream({})->send(bytes("hello")));
  });
  RawClient client(port());
  client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_all(), EndsWith("\r\n\r\n"));
}

TEST_F(HttpStream, StreamsFromAnotherThread) {
  Promised<Responder> kept;
  open([&](const Request&, Responder responder) { kept.set(std::move(responder)); });
  RawClient client(port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  auto responder = kept.wait();
  ASSERT_TRUE(responder);
  auto stream = responder->stream({});
  std::string sent;
  for (int i = 0; i < 1000; ++i) {
    const std::string part = std::to_string(i) + " ";
    EXPECT_TRUE(stream->send(bytes(part)));
    sent += part;
  }
  EXPECT_THAT(client.read_until("999 "), HasSubstr("\r\n\r\n"));
  EXPECT_EQ(server_->counters().open_streams, 1);
  stream.reset();  // the last reference ends it
  EXPECT_THAT(client.read_all(), EndsWith("0\r\n\r\n"));
  EXPECT_EQ(server_->counters().open_streams, 0);
}

TEST_F(HttpStream, NoticesThatAStreamsPeerHasGone) {
  Promised<std::shared_ptr<Stream>> opened;
  Promised<bool> closed;
  open([&](const Request&, Responder responder) {
    auto stream = responder.stream({});
    stream->on_close([&] { closed.set(true); });
    opened.set(std::move(stream));
  });
  std::shared_ptr<Stream> stream;
  {
    RawClient client(port());
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    stream = *opened.wait();
    client.read_until("\r\n\r\n");
  }
  EXPECT_TRUE(closed.wait());
  EXPECT_FALSE(stream->send(bytes("x")));
  Promised<bool> again;
  stream->on_close([&] { again.set(true); });
  EXPECT_TRUE(again.wait());
}

TEST_F(HttpStream, CutsOffAStreamThatIsReadTooSlowly) {
  Promised<std::shared_ptr<Stream>> opened;
  Promised<bool> closed;
  open(
      [&](const Request&, Responder responder) {
        auto stream = responder.stream({});
        stream->on_close([&] { closed.set(true); });
        opened.set(std::move(stream));
      },
      {.stream_bytes = 100'000});
  RawClient slow = RawClient::slow_reader(port());
  slow.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto stream = *opened.wait();
  std::size_t sent = 0;
  while (stream->send(bytes(std::string(10'000, 'x')))) {
    sent += 10'000;
    thread_->call([] {});  // what has gone into the kernel's buffers does not count
  }
  EXPECT_GE(sent, 100'000);
  EXPECT_TRUE(closed.wait());
  EXPECT_EQ(server_->counters().slow_streams, 1);
  EXPECT_THAT(slow.read_all(), Not(EndsWith("0\r\n\r\n")));  // not an end in order
}

TEST_F(HttpStream, TakesStreamBytesAtTheLimitAndRefusesOnePast) {
  open(
      [](const Request& request, Responder responder) {
        const auto stream = responder.stream({});
        EXPECT_TRUE(stream->send(bytes(std::string(1000, 'x'))));
        const bool more = request.path == "/more" && stream->send(bytes("x"));
        EXPECT_FALSE(more);
      },
      {.stream_bytes = 1000});
  RawClient at_the_limit(port());
  at_the_limit.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(at_the_limit.read_all(), EndsWith("0\r\n\r\n"));
  RawClient one_past(port());
  one_past.send("GET /more HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(one_past.read_all(), Not(EndsWith("0\r\n\r\n")));
}

TEST_F(HttpStream, EndsStreamsInOrderWhenItDrains) {
  Promised<std::shared_ptr<Stream>> opened;
  open([&](const Request&, Responder responder) { opened.set(responder.stream({})); });
  RawClient client(port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto stream = *opened.wait();
  Promised<bool> drained;
  server_->drain(10s, [&] { drained.set(true); });
  EXPECT_THAT(client.read_all(), EndsWith("\r\n\r\n0\r\n\r\n"));
  client.end_sending();
  EXPECT_FALSE(stream->send(bytes("x")));
  EXPECT_TRUE(drained.wait());
}

TEST_F(HttpStream, SendsOneEventToManyStreams) {
  std::vector<std::shared_ptr<Stream>> streams;
  open([&](const Request&, Responder responder) { streams.push_back(responder.stream({})); });
  std::vector<RawClient> clients;
  for (int i = 0; i < 500; ++i) {
    clients.emplace_back(port());
    clients.back().send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  for (RawClient& client : clients) client.read_until("\r\n\r\n");
  const auto event = bytes("data: now\n\n");
  thread_->call([&] {
    for (const auto& stream : streams) EXPECT_TRUE(stream->send(event));
  });
  for (RawClient& client : clients) {
    EXPECT_EQ(client.read_until("\n\n\r\n"), "b\r\ndata: now\n\n\r\n");
  }
  thread_->call([&] { streams.clear(); });
}

TEST_F(HttpStream, HandsOverBytesThatCameWithAnUpgrade) {
  Promised<std::string> came;
  std::shared_ptr<Stream> stream;
  open([&](const Request&, Responder responder) {
    stream =
        responder.upgrade({.status = 101, .headers = {{"Upgrade", "test"}}},
                          [&](Stream&, std::string_view data) { came.set(std::string(data)); });
  });
  RawClient client(port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: test\r\nConnection: Upgrade\r\n\r\nearly");
  EXPECT_EQ(came.wait(), "early");
  EXPECT_THAT(client.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 101 Switching Protocols\r\n"));
  client.send("later");
  EXPECT_EQ(came.wait(), "later");
  thread_->call([&] { stream->send(bytes("answer")); });
  EXPECT_EQ(client.read_until("answer"), "answer");
  thread_->call([&] { stream.reset(); });
  EXPECT_EQ(client.read_all(), "");
}

}  // namespace
}  // namespace rescind::net

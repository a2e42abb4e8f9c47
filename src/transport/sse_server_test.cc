#include "transport/sse_server.h"

#include <gtest/gtest.h>

#include <thread>

#include "transport/feed_server_testing.h"
#include "transport/limits.h"

namespace rescind::transport {
namespace {

std::string cursor(std::uint64_t number) { return revocation::to_string(at(number)); }

std::string event(std::uint64_t number) {
  return "id: " + cursor(number) + "\ndata: jws-" + std::to_string(number) + ".\n\n";
}

// The numbers of the batches in the text of a stream, in their order.
std::vector<std::uint64_t> numbers_in(std::string_view text) {
  std::vector<std::uint64_t> numbers;
  for (std::size_t place = text.find("data: jws-"); place != std::string_view::npos;
       place = text.find("data: jws-", place + 1)) {
    numbers.push_back(std::stoull(std::string(text.substr(place + 10, 20))));
  }
  return numbers;
}

std::vector<std::uint64_t> from_to(std::uint64_t first, std::uint64_t last) {
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t number = first; number <= last; ++number) numbers.push_back(number);
  return numbers;
}

TEST(SseServer, BeginsWithWhatIsPublishedNext) {
  TestServer server;
  server.publish(sealed(1));
  FeedClient client(server.port());
  client.get("/v1/feed", "Accept: text/event-stream\r\n");
  const std::string head = client.read_until("retry: 1000\n\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 "));
  EXPECT_NE(head.find("Content-Type: text/event-stream\r\n"), std::string::npos);
  ASSERT_TRUE(server.wait_for(1, 0));
  server.publish(sealed(2));
  EXPECT_EQ(numbers_in(client.read_until(event(2))), from_to(2, 2));
}

TEST(SseServer, CatchesUpFromTheLogAndGoesOnLive) {
  TestServer server;
  for (std::uint64_t number = 1; number <= 2000; ++number) server.log().append(sealed(number));
  FeedClient client(server.port());
  client.get("/v1/feed?after=0.0");
  EXPECT_EQ(numbers_in(client.read_until(event(2000))), from_to(1, 2000));
  server.publish(sealed(2001));
  EXPECT_EQ(numbers_in(client.read_until(event(2001))), from_to(2001, 2001));
}

TEST(SseServer, ResumesBehindTheLastEventIdRatherThanTheUrl) {
  TestServer server;
  for (std::uint64_t number = 1; number <= 5; ++number) server.publish(sealed(number));
  FeedClient client(server.port());
  client.get("/v1/feed?after=0.0", "Last-Event-ID: " + cursor(3) + "\r\n");
  EXPECT_EQ(numbers_in(client.read_until(event(5))), from_to(4, 5));
}

TEST(SseServer, ServesFromMemoryWhatWasPublishedLately) {
  TestServer server;
  for (std::uint64_t number = 1; number <= 5; ++number) server.publish(sealed(number));
  server.log().fail_reads(ErrorCode::kUnavailable);
  FeedClient client(server.port());
  client.get("/v1/feed?after=" + cursor(2));
  EXPECT_EQ(numbers_in(client.read_until(event(5))), from_to(3, 5));
  EXPECT_EQ(server.counters().log_reads, 0U);
}

TEST(SseServer, SendsAHeartbeatWithoutAnIdAndBehindTheBatchesBeforeIt) {
  FeedServer::Options options;
  int made = 0;
  options.heartbeat = [&made]() -> Result<std::string> {
    return "heartbeat-" + std::to_string(++made);
  };
  TestServer server(options);
  FeedClient client(server.port());
  client.get("/v1/feed?after=0.0");
  client.read_until("data: heartbeat-1\n\n");  // having caught up
  ASSERT_TRUE(server.wait_for(1, 0));
  server.loop().call([&] {
    ASSERT_TRUE(server.feed().publish(sealed(1)));
    ASSERT_TRUE(server.feed().publish_heartbeat("pulse"));
  });
  const std::string text = client.read_until("data: pulse\n\n");
  EXPECT_LT(text.find(event(1)), text.find("data: pulse"));
  EXPECT_EQ(text.find("id:", text.find(event(1)) + 4), std::string::npos);
}

TEST(SseServer, SendsLargeBatchesInChunksWithoutCuttingTheReaderOff) {
  TestServer server;
  const std::size_t size = std::size_t{100} << 10U;
  for (std::uint64_t number = 1; number <= 100; ++number) server.log().append(sealed(number, size));
  FeedClient client(server.port(), 4096);
  client.get("/v1/feed?after=0.0");
  ASSERT_TRUE(server.wait_for(1, 0));
  server.publish(sealed(101));
  EXPECT_EQ(numbers_in(client.read_until(event(101))), from_to(1, 101));
  EXPECT_EQ(server.counters().cut_off, 0U);
}

TEST(SseServer, CutsOffWhoDoesNotReadAndLetsItResume) {
  TestServer server;
  FeedClient slow(server.port(), 4096);
  slow.get("/v1/feed");
  FeedClient good(server.port());
  good.get("/v1/feed");
  ASSERT_TRUE(server.wait_for(2, 0));
  std::uint64_t number = 0;
  // Some megabytes are in the kernel's buffers before the server's own fills.
  while (server.counters().cut_off == 0 && number < 5'000) {
    server.publish(sealed(++number, std::size_t{16} << 10U));
    good.read_until("jws-" + std::to_string(number) + ".");
  }
  EXPECT_EQ(server.counters().cut_off, 1U);
  const std::vector<std::uint64_t> seen = numbers_in(slow.read_all());
  EXPECT_EQ(seen, from_to(1, seen.size())) << "what had been sent has a hole";
  ASSERT_LT(seen.size(), number);

  // The last of them may have been cut short: a reader knows by its id, which comes first.
  FeedClient again(server.port());
  again.get("/v1/feed", "Last-Event-ID: " + cursor(seen.size() - 1) + "\r\n");
  const std::string rest = again.read_until("jws-" + std::to_string(number) + ".");
  EXPECT_EQ(numbers_in(rest), from_to(seen.size(), number));
  EXPECT_EQ(server.counters().streams, 2U);
}

TEST(SseServer, LeavesNoGapAndRepeatsNothingAtTheSeam) {
  TestServer server;
  std::uint64_t published = 0;
  for (; published < 300; ++published) server.publish(sealed(published + 1));
  std::vector<FeedClient> clients;
  // Streams begin at every distance from the head while batches keep being published.
  std::jthread publisher([&](const std::stop_token& stop) {
    while (!stop.stop_requested() && published < 20'000) server.publish(sealed(++published));
  });
  for (std::uint64_t i = 0; i < 100; ++i) {
    clients.emplace_back(server.port());
    clients.back().get("/v1/feed?after=" + (i % 4 == 0 ? "0.0" : cursor(3 * i)));
    clients.back().read_until("\n\n");
  }
  publisher.request_stop();
  publisher.join();
  server.publish(sealed(++published));
  for (std::uint64_t i = 0; i < clients.size(); ++i) {
    const std::string text = clients[i].read_until(event(published));
    ASSERT_EQ(numbers_in(text), from_to(i % 4 == 0 ? 1 : 3 * i + 1, published)) << i;
  }
}

TEST(SseServer, EndsAStreamWhoseHistoryHasEnded) {
  TestServer server;
  for (std::uint64_t number = 1; number <= 5; ++number) server.publish(sealed(number));
  FeedClient client(server.port());
  client.get("/v1/feed?after=" + cursor(5));
  ASSERT_TRUE(server.wait_for(1, 0));
  // An old backup has been restored: a new term goes on at an earlier number.
  feed::Sealed other = sealed(4);
  other.position.term = kTestTerm + 1;
  server.log().fail_reads(ErrorCode::kConflict);
  server.loop().call([&] { ASSERT_TRUE(server.feed().publish(other)); });
  EXPECT_EQ(numbers_in(client.read_all()), (std::vector<std::uint64_t>{}));
}

TEST(SseServer, ForgetsAStreamWhosePeerHasGone) {
  TestServer server;
  {
    FeedClient client(server.port());
    client.get("/v1/feed");
    ASSERT_TRUE(server.wait_for(1, 0));
  }
  EXPECT_TRUE(server.wait_for(0, 0));
}

TEST(SseServer, CarriesABatchToAThousandStreams) {
  TestServer server;
  server.publish(sealed(1));
  std::vector<FeedClient> clients;
  for (int i = 0; i < 1000; ++i) {
    clients.emplace_back(server.port());
    clients.back().get("/v1/feed?after=" + (i % 2 == 0 ? cursor(1) : "0.0"));
  }
  ASSERT_TRUE(server.wait_for(1000, 0));
  for (std::uint64_t number = 2; number <= 10; ++number) server.publish(sealed(number));
  std::size_t complete = 0;
  for (FeedClient& client : clients) {
    if (numbers_in(client.read_until(event(10))).size() >= 9) ++complete;
  }
  EXPECT_EQ(complete, 1000U);
}

}  // namespace
}  // namespace rescind::transport

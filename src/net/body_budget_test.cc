#include "net/body_budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "net/http_server.h"
#include "net/loop_thread.h"
#include "net/raw_client.h"

namespace rescind::net {
namespace {

TEST(BodyBudget, GivesWhatIsThereAndNotOneByteMore) {
  BodyBudget budget(100);
  const auto some = budget.take(60);
  EXPECT_TRUE(some);
  EXPECT_FALSE(budget.take(41));
  EXPECT_TRUE(budget.take(40)) << "what a refusal had taken would be missing here";
  auto rest = budget.take(40);
  EXPECT_TRUE(rest);
  EXPECT_FALSE(budget.take(1));
  rest.reset();
  EXPECT_TRUE(budget.take(40));
}

TEST(BodyBudget, LosesNothingAmongThreads) {
  BodyBudget budget(10);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&budget] {
      for (int turn = 0; turn < 10'000; ++turn) (void)budget.take(4);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(budget.take(10));
}

// Whoever sends much, and slowly, on many connections.
TEST(BodyBudget, HoldsForAllConnectionsOfAServer) {
  constexpr std::size_t kLong = kLargeBodiesBytes / 8;
  LoopThread thread;
  const auto server = *Server::open(
      {&thread.loop()}, {.body_limit = [](const Request&) { return kLong + 1; }},
      [](const Request&, Responder responder) { responder.respond({.body = "read"}); });
  const std::uint16_t port = server->port();
  const auto announce = [&](RawClient& client, const std::string& framing) {
    client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n" + framing + "\r\n\r\n");
    return client.read_until("\r\n\r\n");
  };
  const std::string length = "Content-Length: ";
  std::vector<RawClient> clients;
  for (int i = 0; i < 7; ++i) {
    EXPECT_THAT(announce(clients.emplace_back(port), length + std::to_string(kLong)),
                testing::StartsWith("HTTP/1.1 100 "));
  }
  RawClient over(port);
  const std::string refusal = announce(over, "Transfer-Encoding: chunked");
  EXPECT_THAT(refusal, testing::StartsWith("HTTP/1.1 503 ")) << "it may be one byte more";
  EXPECT_THAT(refusal, testing::HasSubstr("\r\nRetry-After: 1\r\n"));
  EXPECT_THAT(announce(clients.emplace_back(port), length + std::to_string(kLong)),
              testing::StartsWith("HTTP/1.1 100 "));
  RawClient one_more(port);
  EXPECT_THAT(announce(one_more, length + "65537"), testing::StartsWith("HTTP/1.1 503 "));
  RawClient usual(port);
  EXPECT_THAT(announce(usual, length + "65536"), testing::StartsWith("HTTP/1.1 100 "));

  clients.back().send(std::string(kLong, 'x'));
  EXPECT_THAT(clients.back().read_response(), testing::StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(
      net::exchange(
          port, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 65537\r\n\r\n" +
                    std::string(65'537, 'x')),
      testing::StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(announce(clients.back(), length + std::to_string(kLong)),
              testing::StartsWith("HTTP/1.1 100 "));
  clients.clear();  // in the middle of their bodies
  const auto served = [&] {
    RawClient next(port);
    return announce(next, length + std::to_string(kLong)).starts_with("HTTP/1.1 100 ");
  };
  bool back = false;
  for (int i = 0; i < 1000 && !back; ++i) back = served();
  EXPECT_TRUE(back);
}

}  // namespace
}  // namespace rescind::net

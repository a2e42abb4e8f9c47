// The nats:// adapter over a real server, whatever happens to it.

#include "transport/nats.h"

#include <gtest/gtest.h>

#include "transport/broker_conformance.h"
#include "transport/broker_faults.h"
#include "transport/nats_under_test.h"
#include "transport/request_topic_conformance.h"

namespace rescind::transport {
namespace {

TEST_F(NatsTest, AReaderGoesOnAfterAPositionHoweverFarBack) {
  const auto transport = feed->transport();
  const std::vector<feed::Sealed> batches = commit(3000);
  for (std::size_t i = 0; i < batches.size(); i += 250) {
    ASSERT_EQ(transport->publish_all(std::span(batches).subspan(i, 250)), 250U);
    ASSERT_TRUE(transport->publish_heartbeat(authority.heartbeat()));
  }
  for (const std::size_t known : {0U, 1U, 499U, 2000U, 2998U}) {
    const auto reader = feed->reader()();
    ASSERT_TRUE(reader->open(batches[known].position));
    const auto words = read_all(*reader);
    const auto next = std::ranges::find(words, batches[known + 1].jws);
    ASSERT_NE(next, words.end()) << known;
    EXPECT_LT(next - words.begin(), 1024) << "read from much too far back";
    EXPECT_GE(words.end() - next, static_cast<std::ptrdiff_t>(2999 - known));
  }
  const auto from_start = feed->reader()();
  ASSERT_TRUE(from_start->open({}));
  EXPECT_EQ(read_all(*from_start).size(), 3012U);
}

TEST_F(NatsTest, WhatIsNotReadYetWaitsAtTheServerAndComesInOrder) {
  const auto reader = feed->reader()();
  ASSERT_TRUE(reader->open({}));
  const auto transport = feed->transport();
  const std::string filling(20'000, 'x');
  for (int i = 0; i < 4000; ++i) {  // 80 MB: more than any buffer on the way
    const std::string word = std::to_string(i) + filling;
    ASSERT_TRUE(transport->publish_heartbeat(word));
  }
  int next = 0;
  while (next < 4000) {
    const auto words = reader->read(std::chrono::seconds(10));
    ASSERT_TRUE(words) << words.error().message;
    ASSERT_FALSE(words->empty()) << next;
    for (const std::string& word : *words) ASSERT_TRUE(word.starts_with(std::to_string(next++)));
  }
}

TEST_F(NatsTest, WordsOfTheLargestSizePassAndLargerOnesAreSteppedOver) {
  const auto transport = feed->transport();
  const std::string largest(feed::kMaxBatchBytes, 'x');
  ASSERT_TRUE(transport->publish_heartbeat(largest));
  ASSERT_TRUE(feed->put(std::string(kMaxBrokerMessageBytes + 1, 'y')));
  ASSERT_TRUE(feed->put(std::string(kMaxBrokerMessageBytes, 'z')));
  const auto reader = feed->reader()();
  ASSERT_TRUE(reader->open({}));
  std::vector<std::string> words;
  for (int i = 0; i < 100 && words.size() < 2; ++i) {
    auto more = reader->read(Milliseconds(100));
    ASSERT_TRUE(more) << more.error().message;
    std::ranges::move(*more, std::back_inserter(words));
  }
  ASSERT_EQ(words.size(), 2U);
  EXPECT_EQ(words[0], largest);
  EXPECT_EQ(words[1][0], 'z');
}

TEST_F(NatsTest, WhatIsConfirmedIsCountedFromTheFirst) {
  const auto transport = feed->transport();
  std::vector<feed::Sealed> batches = commit(3);
  ASSERT_EQ(transport->publish_all({}), 0U);
  // From now on the stream takes no large messages, which nobody has told us.
  server->ask("STREAM.UPDATE." + stream, R"({"name":")" + stream + R"(","subjects":[")" +
                                             feed->access().subject +
                                             R"("],"max_age":3600000000000,"max_msg_size":10000})");
  batches[1].jws = std::string(10'001, 'x');
  EXPECT_EQ(transport->publish_all(batches), 1U);
  const auto none = transport->publish_all(std::span(batches).subspan(1));
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("--max-msg-size=-1"), std::string::npos)
      << none.error().message;
}

TEST_F(NatsTest, AStreamThatIsDeletedIsMissedAndFoundAgain) {
  const auto transport = feed->transport();
  ASSERT_TRUE(transport->publish_heartbeat(authority.heartbeat()));
  server->remove_stream(stream);
  EXPECT_FALSE(transport->publish_heartbeat(authority.heartbeat()));
  const auto missing = transport->publish_heartbeat(authority.heartbeat());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kInvalid);
  EXPECT_NE(missing.error().message.find("stream add " + stream + " --subjects="),
            std::string::npos)
      << missing.error().message;
  server->create_stream(stream, feed->access().subject);
  EXPECT_TRUE(transport->publish_heartbeat(authority.heartbeat()));
}

TEST_F(NatsTest, AConsumerThatIsGoneIsMissed) {
  const auto transport = feed->transport();
  const auto reader = feed->reader()();
  ASSERT_TRUE(reader->open({}));
  ASSERT_TRUE(transport->publish_heartbeat("one"));
  ASSERT_EQ(read_all(*reader).size(), 1U);
  const std::string names = server->ask("CONSUMER.NAMES." + stream);
  const std::size_t begin = names.find("\"consumers\":[\"") + 14;
  const std::string name = names.substr(begin, names.find('"', begin) - begin);
  const std::string answer = server->ask("CONSUMER.DELETE." + stream + "." + name);
  ASSERT_NE(answer.find("\"success\":true"), std::string::npos) << names << answer;
  ASSERT_TRUE(transport->publish_heartbeat("two"));
  bool ended = false;
  for (int i = 0; i < 200 && !ended; ++i) ended = !reader->read(Milliseconds(50));
  EXPECT_TRUE(ended);
  ASSERT_TRUE(reader->open({}));
  EXPECT_EQ(read_all(*reader), (std::vector<std::string>{"one", "two"}));
}

TEST_F(NatsTest, AStreamThatIsMadeAgainIsNoticedInSilence) {
  ASSERT_TRUE(feed->put("one"));
  const auto reader = feed->reader()();
  ASSERT_TRUE(reader->open({}));
  ASSERT_EQ(read_all(*reader).size(), 1U);
  feed->make_again();
  std::optional<Error> ended;
  for (int i = 0; i < 200 && !ended; ++i) {
    if (auto words = reader->read(Milliseconds(50)); !words) ended = words.error();
  }
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->code, ErrorCode::kGone) << ended->message;
}

TEST_F(NatsTest, AServerThatIsNotThereOrStandsStillIsAnErrorInBoundedTime) {
  NatsAccess nobody = feed->access();
  nobody.hosts = {"127.0.0.1:1"};
  const auto transport = open(nobody);
  ASSERT_TRUE(transport) << "it may come";
  EXPECT_FALSE((*transport)->keeps_snapshots());
  EXPECT_EQ((*transport)->publish_heartbeat("x").error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(NatsReader(nobody).open({}).error().code, ErrorCode::kUnavailable);
  EXPECT_FALSE(NatsReader(nobody).read(Milliseconds(1)));

  const auto still = feed->transport();
  const auto reader = feed->reader()();
  ASSERT_TRUE(reader->open({}));
  server->signal(SIGSTOP);
  EXPECT_FALSE(still->publish_heartbeat("x"));
  EXPECT_FALSE(still->publish_heartbeat("x"));
  bool ended = false;
  for (int i = 0; i < 200 && !ended; ++i) ended = !reader->read(Milliseconds(50));
  EXPECT_TRUE(ended);
  server->signal(SIGCONT);
  EXPECT_TRUE(eventually([&] { return still->publish_heartbeat("x").has_value(); },
                         std::chrono::seconds(20)));
}

INSTANTIATE_TEST_SUITE_P(Nats, BrokerFaults, testing::Values(&NatsUnderTest::make));
INSTANTIATE_TEST_SUITE_P(Nats, RequestTopics, testing::Values(&NatsUnderTest::make));

}  // namespace
}  // namespace rescind::transport

namespace rescind::feed {

INSTANTIATE_TEST_SUITE_P(Nats, TransportConformance, testing::Values([] {
                           return transport::OverBroker::make(&transport::NatsUnderTest::make);
                         }));

}  // namespace rescind::feed

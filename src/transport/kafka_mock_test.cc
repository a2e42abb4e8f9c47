// What the adapter does when a broker answers with errors, which librdkafka's mock cluster gives on
// demand. The mock knows no topic settings: that they cannot be read is passed over, here too.

#include <gtest/gtest.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <algorithm>
#include <set>

#include "base/check.h"
#include "feed/authority_for_test.h"
#include "transport/kafka_reader.h"
#include "transport/kafka_requests.h"
#include "transport/kafka_transport.h"

namespace rescind::transport {
namespace {

constexpr std::int16_t kProduce = 0;
constexpr std::int16_t kFetch = 1;

class KafkaMock : public testing::Test {
 protected:
  KafkaMock() {
    FeedAccess nowhere;
    nowhere.url = "kafka://127.0.0.1:1/t";
    keeper_ = *KafkaClient::open(*KafkaAccess::parse(nowhere), KafkaClient::End::kSending, log);
    cluster = rd_kafka_mock_cluster_new(keeper_->get(), 1);
    CHECK(cluster != nullptr);
    rd_kafka_mock_topic_create(cluster, "t", 1, 1);
    rd_kafka_mock_topic_create(cluster, "t.snapshot", 1, 1);
  }
  ~KafkaMock() override { rd_kafka_mock_cluster_destroy(cluster); }

  KafkaAccess access(const std::string& options = "") {
    FeedAccess from;
    from.url = std::string("kafka://") + rd_kafka_mock_cluster_bootstraps(cluster) + "/t" + options;
    KafkaAccess access = *KafkaAccess::parse(from);
    access.answer_within = Milliseconds(500);
    return access;
  }
  std::unique_ptr<KafkaTransport> transport(const std::string& options = "") {
    auto opened = KafkaTransport::open(access(options), log);
    EXPECT_TRUE(opened) << opened.error().message;
    return *std::move(opened);
  }
  void answer(std::int16_t request, std::initializer_list<rd_kafka_resp_err_t> errors) {
    rd_kafka_mock_push_request_errors_array(cluster, request, errors.size(), std::data(errors));
  }
  std::vector<feed::Sealed> commit(int count) {
    std::vector<feed::Sealed> batches;
    for (int i = 0; i < count; ++i)
      batches.push_back(authority.revoke({feed::revoke_session("s")}));
    return batches;
  }
  // The first so many words that lie there; fewer where no more come.
  std::vector<std::string> read(BrokerReader& reader, std::size_t count) {
    std::vector<std::string> all;
    for (int i = 0; i < 100 && all.size() < count; ++i) {
      auto words = reader.read(Milliseconds(100));
      EXPECT_TRUE(words) << words.error().message;
      if (!words) break;
      std::ranges::move(*words, std::back_inserter(all));
    }
    return all;
  }
  std::vector<std::string> words_of(const std::vector<feed::Sealed>& batches) {
    std::vector<std::string> words;
    for (const auto& batch : batches) words.push_back(batch.jws);
    return words;
  }

  NullLog log;
  feed::AuthorityForTest authority;
  rd_kafka_mock_cluster_t* cluster = nullptr;

 private:
  std::unique_ptr<KafkaClient> keeper_;
};

TEST_F(KafkaMock, WhatABrokerFailsToTakeIsSentAgain) {
  const auto to = transport();
  ASSERT_TRUE(to->publish_heartbeat(authority.heartbeat()));
  answer(kProduce, {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR__TRANSPORT,
                    RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR__TRANSPORT});
  const auto batches = commit(100);
  const auto count = to->publish_all(batches);
  ASSERT_TRUE(count) << count.error().message;
  EXPECT_EQ(*count, 100U);
  KafkaReader reader(access(), log);
  ASSERT_TRUE(reader.open({}));
  // The mock, unlike a broker, does not look at sequence numbers: what is sent again after a cut
  // connection lies there twice, or later than its neighbours. All of it lies there.
  std::set<std::string> kept;
  for (int i = 0; i < 50 && kept.size() < 101; ++i) {
    const auto words = reader.read(Milliseconds(100));
    ASSERT_TRUE(words) << words.error().message;
    kept.insert(words->begin(), words->end());
  }
  for (const auto& batch : batches) EXPECT_TRUE(kept.contains(batch.jws));
}

TEST_F(KafkaMock, ABrokerThatIsDownIsAnErrorInTimeAndThenTakesItAll) {
  const auto to = transport("?message.timeout.ms=500");
  ASSERT_TRUE(to->publish_heartbeat(authority.heartbeat()));
  rd_kafka_mock_broker_set_down(cluster, -1);
  const auto batches = commit(3);
  const BootTime before = SystemClock().now().boot;
  const auto refused = to->publish_all(batches);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kTimeout) << refused.error().message;
  EXPECT_LT(SystemClock().now().boot - before, std::chrono::seconds(10));
  rd_kafka_mock_broker_set_up(cluster, -1);
  // Its client may wait with the next attempt for longer than a message lives here.
  auto taken = to->publish_all(batches);
  for (int i = 0; i < 60 && !taken; ++i) taken = to->publish_all(batches);
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(*taken, 3U);
}

TEST_F(KafkaMock, AProducerThatIsOutOfStepIsReplaced) {
  const auto to = transport();
  ASSERT_TRUE(to->publish_heartbeat(authority.heartbeat()));
  answer(kProduce, {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER});
  const auto batches = commit(2);
  bool refused = false;
  bool taken = false;
  for (int i = 0; i < 3 && !taken; ++i) {
    taken = to->publish_all(batches).has_value();
    refused = refused || !taken;
  }
  EXPECT_TRUE(taken);
  EXPECT_TRUE(refused) << "the mock's error was of no weight";
}

TEST_F(KafkaMock, WhoMayNotWriteIsTold) {
  const auto to = transport();
  answer(kProduce, {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
  const auto refused = to->publish_heartbeat(authority.heartbeat());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnauthorized) << refused.error().message;
}

TEST_F(KafkaMock, AnOffsetThatIsOutOfRangeEndsTheReadingAndIsFoundAnew) {
  const auto to = transport();
  const auto batches = commit(5);
  ASSERT_TRUE(to->publish_all(batches));
  KafkaReader reader(access(), log);
  answer(kFetch, {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE});
  ASSERT_TRUE(reader.open({}));
  bool ended = false;
  for (int i = 0; i < 20 && !ended; ++i) ended = !reader.read(Milliseconds(100));
  EXPECT_TRUE(ended);
  ASSERT_TRUE(reader.open({}));
  EXPECT_EQ(read(reader, 5), words_of(batches));
}

TEST_F(KafkaMock, ABrokerThatGoesDownEndsTheReading) {
  const auto to = transport();
  ASSERT_TRUE(to->publish_all(commit(1)));
  KafkaReader reader(access(), log);
  ASSERT_TRUE(reader.open({}));
  EXPECT_EQ(read(reader, 1).size(), 1U);
  rd_kafka_mock_broker_set_down(cluster, -1);
  bool ended = false;
  for (int i = 0; i < 100 && !ended; ++i) ended = !reader.read(Milliseconds(100));
  EXPECT_TRUE(ended);
}

TEST_F(KafkaMock, APositionIsFoundInALongTopicAmongHeartbeats) {
  const auto to = transport();
  std::vector<feed::Sealed> batches = commit(3000);
  for (std::size_t i = 0; i < batches.size(); i += 100) {
    ASSERT_TRUE(to->publish_all(std::span(batches).subspan(i, 100)));
    ASSERT_TRUE(to->publish_heartbeat(authority.heartbeat()));
  }
  for (const std::size_t known : {0U, 1U, 1500U, 2900U, 2998U}) {
    KafkaReader reader(access(), log);
    const feed::Position after = batches[known].position;
    const auto opened = reader.open(after);
    ASSERT_TRUE(opened) << opened.error().message;
    const auto words = read(reader, 1);
    ASSERT_FALSE(words.empty());
    // Before the next one, or it; and not from the beginning.
    const auto at = std::ranges::find(batches, words[0], &feed::Sealed::jws);
    ASSERT_NE(at, batches.end());
    EXPECT_LE(at->position.number, after.number + 1);
    EXPECT_GE(at->position.number + 1100, after.number);
  }
}

TEST_F(KafkaMock, ASnapshotIsReplacedOnlyByAWholeOne) {
  const auto to = transport();
  ASSERT_TRUE(to->keeps_snapshots());
  KafkaReader reader(access(), log);
  EXPECT_EQ(reader.snapshot().error().code, ErrorCode::kNotFound);
  const std::string first(2'000'000, 'a');
  ASSERT_TRUE(to->publish_snapshot({.manifest = "first", .segments = {first, "b"}}));
  // The next publisher is killed half way.
  answer(kProduce, {RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
                    RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
  std::vector<std::string> many(20, std::string(800'000, 'x'));
  for (std::size_t i = 0; i < many.size(); ++i) many[i][0] = static_cast<char>('a' + i);
  EXPECT_FALSE(to->publish_snapshot({.manifest = "second", .segments = many}));
  rd_kafka_mock_clear_request_errors(cluster, kProduce);
  const auto kept = reader.snapshot();
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_EQ(kept->manifest, "first");
  EXPECT_TRUE(kept->segments == (std::vector<std::string>{first, "b"}));

  ASSERT_TRUE(to->publish_snapshot({.manifest = "third", .segments = {}}));
  const auto newest = reader.snapshot();
  ASSERT_TRUE(newest) << newest.error().message;
  EXPECT_EQ(newest->manifest, "third");
}

TEST_F(KafkaMock, RequestsAreReadOnFromWhereTheReaderWas) {
  rd_kafka_mock_topic_create(cluster, "t.requests", 1, 1);
  rd_kafka_mock_topic_create(cluster, "t.requests.snapshot", 1, 1);
  FeedAccess beside;
  beside.url = std::string("kafka://") + rd_kafka_mock_cluster_bootstraps(cluster) + "/t.requests";
  auto sender = KafkaTransport::open(*KafkaAccess::parse(beside), log);
  ASSERT_TRUE(sender) << sender.error().message;
  const auto sent = commit(3);
  ASSERT_EQ((*sender)->publish_all(sent), 3U);
  const auto read_three = [this](RequestTopic::Cursor from, std::size_t wanted,
                                 std::size_t max_bytes) {
    KafkaRequests topic(access().requests(), log);
    EXPECT_TRUE(topic.open(from));
    std::vector<RequestTopic::Message> all;
    for (int i = 0; i < 100 && all.size() < wanted; ++i) {
      const auto some = topic.read(Milliseconds(100), max_bytes);
      EXPECT_TRUE(some);
      if (some) all.insert(all.end(), some->begin(), some->end());
    }
    return all;
  };
  const auto all = read_three({}, 3, 10'000);
  ASSERT_EQ(all.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(all[i].text, sent[i].jws);
  const auto rest = read_three(all[1].cursor, 1, sent[2].jws.size() - 1);
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].cursor, all[2].cursor);
  EXPECT_TRUE(rest[0].is_too_large);
  EXPECT_TRUE(rest[0].text.empty());
  // A topic that was made again ends before that.
  EXPECT_EQ(read_three({.term = 1, .number = 1'000}, 3, 10'000).size(), 3U);
}

}  // namespace
}  // namespace rescind::transport

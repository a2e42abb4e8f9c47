// The kafka:// adapter over a real broker.

#include "transport/kafka.h"

#include <gtest/gtest.h>

#include <csignal>

#include "transport/broker_conformance.h"
#include "transport/broker_faults.h"
#include "transport/broker_start_testing.h"
#include "transport/kafka_reader.h"
#include "transport/kafka_requests.h"
#include "transport/kafka_server_testing.h"
#include "transport/kafka_transport.h"
#include "transport/request_topic_conformance.h"

namespace rescind::transport {
namespace {

// A feed's topic of a new name, with the one for its snapshots.
class KafkaUnderTest final : public BrokerUnderTest {
 public:
  static Result<std::unique_ptr<BrokerUnderTest>> make() {
    TRY_ASSIGN(KafkaServer * server, KafkaServer::get());
    return std::make_unique<KafkaUnderTest>(*server);
  }
  explicit KafkaUnderTest(KafkaServer& server)
      : server_(server), topic_("rescind.test-" + SystemRandom().hex(6)) {
    create();
    server_.create(topic_ + ".snapshot");
  }
  ~KafkaUnderTest() override {
    server_.signal(SIGCONT);
    server_.remove(topic_);
    server_.remove(topic_ + ".snapshot");
  }
  std::unique_ptr<feed::Transport> transport() override {
    auto transport = KafkaTransport::open(server_.access(topic_), log_);
    EXPECT_TRUE(transport) << transport.error().message;
    return transport ? *std::move(transport) : nullptr;
  }
  MakeBrokerReader reader() override {
    return [this] { return std::make_unique<KafkaReader>(server_.access(topic_), log_); };
  }
  std::unique_ptr<RequestTopic> requests() override {
    return std::make_unique<KafkaRequests>(server_.access(topic_), log_);
  }
  bool put(std::string_view bytes) override { return server_.put(topic_, bytes); }
  void forget() override { server_.forget(topic_); }
  void make_again() override {
    server_.remove(topic_);
    CHECK(eventually([&] { return server_.end_of(topic_) == -1; }, std::chrono::seconds(20)));
    create();
  }
  void restart() override { server_.restart(); }
  void stop() override { server_.signal(SIGSTOP); }
  void go_on() override { server_.signal(SIGCONT); }

 private:
  // Takes larger messages than a word is, as a foreign writer may send them.
  void create() { server_.create(topic_, 1, {{"max.message.bytes", "20000000"}}); }

  KafkaServer& server_;
  const std::string topic_;
  NullLog log_;
};

INSTANTIATE_TEST_SUITE_P(Kafka, BrokerFaults, testing::Values(KafkaUnderTest::make));
INSTANTIATE_TEST_SUITE_P(Kafka, RequestTopics, testing::Values(KafkaUnderTest::make));

class KafkaTopic : public BrokerStart {
 protected:
  void SetUp() override {
    const auto got = KafkaServer::get();
    if (!got) GTEST_SKIP() << got.error().message;
    server = *got;
    topic = "rescind.topic-" + SystemRandom().hex(6);
    add_kafka_adapter(registry);
  }
  void TearDown() override {
    if (server != nullptr) server->remove(topic);
  }
  Result<std::unique_ptr<feed::Transport>> open(Milliseconds retention = std::chrono::hours(1)) {
    return open_url(server->url(topic), retention);
  }

  KafkaServer* server = nullptr;
  std::string topic;
};

TEST_F(KafkaTopic, OneThatDoesNotExistIsRefusedAndNotMade) {
  expect_refused(open(), topic, "kafka-topics.sh --bootstrap-server");
  expect_refused(open(), topic, "--create --topic " + topic + " --partitions 1");
  EXPECT_EQ(server->end_of(topic), -1) << "it was made, by this broker's auto.create.topics.enable";
}

TEST_F(KafkaTopic, SeveralPartitionsAreRefused) {
  server->create(topic, 3);
  expect_refused(open(), topic, "--delete --topic " + topic);
  FeedAccess access;
  access.url = server->url(topic);
  const auto origin = registry.origin(access, {.loop = loop, .random = random, .log = log});
  ASSERT_TRUE(origin);
  std::optional<Result<std::vector<std::string>>> answer;
  (*origin)->batches_after({}, [&](auto given) {
    answer = std::move(given);
    loop.stop();
  });
  loop.run();
  EXPECT_EQ(answer->error().code, ErrorCode::kInvalid);
}

TEST_F(KafkaTopic, CompactionIsRefused) {
  server->create(topic, 1, {{"cleanup.policy", "compact"}});
  expect_refused(open(), topic, "--add-config cleanup.policy=delete");
}

TEST_F(KafkaTopic, CompactionBesideDeletionIsRefused) {
  server->create(topic, 1, {{"cleanup.policy", "compact,delete"}});
  expect_refused(open(), topic, "--add-config cleanup.policy=delete");
}

TEST_F(KafkaTopic, AShorterRetentionThanTheFeedsIsRefused) {
  server->create(topic, 1, {{"retention.ms", "3600000"}});
  EXPECT_TRUE(open(std::chrono::hours(1)));
  expect_refused(open(std::chrono::hours(2)), topic, "--add-config retention.ms=7200000");
}

TEST_F(KafkaTopic, UnlimitedRetentionIsLongEnough) {
  server->create(topic, 1, {{"retention.ms", "-1"}});
  EXPECT_TRUE(open(std::chrono::hours(24)));
}

TEST_F(KafkaTopic, RoomForSmallMessagesOnlyIsRefused) {
  server->create(topic, 1, {{"max.message.bytes", "100000"}});
  expect_refused(open(), topic, "--add-config max.message.bytes=1048588");
}

TEST_F(KafkaTopic, WithoutATopicForSnapshotsNoneAreKept) {
  server->create(topic);
  const auto without = open();
  ASSERT_TRUE(without) << without.error().message;
  EXPECT_FALSE((*without)->keeps_snapshots());
  server->create(topic + ".snapshot");
  const auto with = open();
  ASSERT_TRUE(with);
  EXPECT_TRUE((*with)->keeps_snapshots());
  server->remove(topic + ".snapshot");
}

TEST_F(KafkaTopic, ATopicForRequestsHasToBeThereAndToKeepThem) {
  const std::string beside = topic + ".requests";
  const auto reader = requests(server->url(topic));
  const std::string made_by = "--create --topic " + beside + " --partitions 1";
  expect_refused(reader->open({}), beside, made_by);
  expect_refused(reader->check(100), beside, "retention.ms=7200000");
  EXPECT_FALSE(reader->read(Milliseconds(10), 100)) << "not opened";
  server->create(beside, 1, {{"retention.ms", "3600000"}, {"max.message.bytes", "100000"}});
  expect_refused(reader->check(100), beside, "--add-config retention.ms=7200000");
  EXPECT_TRUE(reader->open({})) << "it is read all the same";
  server->remove(beside);
  EXPECT_TRUE(eventually([&] { return server->end_of(beside) == -1; }, std::chrono::seconds(20)));
  server->create(beside, 1, {{"retention.ms", "7200000"}, {"max.message.bytes", "100000"}});
  const auto checked = reader->check(64'000);
  EXPECT_TRUE(checked) << checked.error().message;
  expect_refused(reader->check(100'000), beside, "max.message.bytes");
  server->remove(beside);
}

TEST_F(KafkaTopic, AMessageOfTenMegabytesIsSteppedOver) {
  server->create(topic, 1, {{"max.message.bytes", "20000000"}});
  EXPECT_TRUE(server->put(topic, std::string(std::size_t{10} << 20U, 'x')));
  EXPECT_TRUE(server->put(topic, std::string(kMaxBrokerMessageBytes, 'y')));
  EXPECT_TRUE(server->put(topic, "word"));
  KafkaReader reader(server->access(topic), log);
  ASSERT_TRUE(reader.open({}));
  const auto words = read(reader, 2);
  ASSERT_EQ(words.size(), 2U);
  EXPECT_EQ(words[0].size(), kMaxBrokerMessageBytes);
  EXPECT_EQ(words[1], "word");
}

TEST_F(KafkaTopic, ABrokerThatIsNotThereIsNoErrorAtTheStart) {
  const auto opened = open_url("kafka://127.0.0.1:1/" + topic);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_FALSE((*opened)->publish_heartbeat(feed::AuthorityForTest().heartbeat()));
}

}  // namespace
}  // namespace rescind::transport

namespace rescind::feed {

INSTANTIATE_TEST_SUITE_P(Kafka, TransportConformance, testing::Values([] {
                           return transport::OverBroker::make(&transport::KafkaUnderTest::make);
                         }));

}  // namespace rescind::feed

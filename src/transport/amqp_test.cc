// The amqp:// adapter over a real RabbitMQ.

#include "transport/amqp.h"

#include <gtest/gtest.h>

#include <csignal>

#include "transport/amqp_reader.h"
#include "transport/amqp_requests.h"
#include "transport/amqp_server_testing.h"
#include "transport/amqp_transport.h"
#include "transport/broker_conformance.h"
#include "transport/broker_faults.h"
#include "transport/broker_snapshot.h"
#include "transport/broker_start_testing.h"
#include "transport/request_topic_conformance.h"

namespace rescind::transport {
namespace {

// A feed's queue of a new name, with the one for its snapshots.
class AmqpUnderTest final : public BrokerUnderTest {
 public:
  static Result<std::unique_ptr<BrokerUnderTest>> make() {
    TRY_ASSIGN(AmqpServer * server, AmqpServer::get());
    return std::make_unique<AmqpUnderTest>(*server);
  }
  explicit AmqpUnderTest(AmqpServer& server)
      : server_(server), queue_("rescind.test-" + SystemRandom().hex(6)) {
    server_.create(queue_);
    server_.create(queue_ + ".snapshot");
  }
  ~AmqpUnderTest() override {
    server_.signal(SIGCONT);
    server_.remove(queue_);
    server_.remove(queue_ + ".snapshot");
  }
  std::unique_ptr<feed::Transport> transport() override {
    auto transport = AmqpTransport::open(server_.access(queue_), log_);
    EXPECT_TRUE(transport) << transport.error().message;
    return transport ? *std::move(transport) : nullptr;
  }
  MakeBrokerReader reader() override {
    return [access = server_.access(queue_)] { return std::make_unique<AmqpReader>(access); };
  }
  std::unique_ptr<RequestTopic> requests() override {
    return std::make_unique<AmqpRequests>(server_.access(queue_), log_);
  }
  bool put(std::string_view bytes) override { return server_.put(queue_, bytes); }
  // A stream cannot be purged: who wants it empty deletes it. What is trimmed by retention is a
  // test of its own.
  void forget() override { make_again(); }
  void make_again() override {
    server_.remove(queue_);
    server_.create(queue_);
  }
  void restart() override { server_.restart(); }
  void stop() override { server_.signal(SIGSTOP); }
  void go_on() override { server_.signal(SIGCONT); }

 private:
  AmqpServer& server_;
  const std::string queue_;
  NullLog log_;
};

INSTANTIATE_TEST_SUITE_P(Amqp, BrokerFaults, testing::Values(AmqpUnderTest::make));
INSTANTIATE_TEST_SUITE_P(Amqp, RequestTopics, testing::Values(AmqpUnderTest::make));

class AmqpTest : public BrokerStart {
 protected:
  void SetUp() override {
    const auto got = AmqpServer::get();
    if (!got) GTEST_SKIP() << got.error().message;
    server = *got;
    queue = "rescind.queue-" + SystemRandom().hex(6);
    add_amqp_adapter(registry);
  }
  void TearDown() override {
    if (server == nullptr) return;
    server->remove(queue);
    server->remove(queue + ".snapshot");
  }
  Result<std::unique_ptr<feed::Transport>> open(Milliseconds retention = std::chrono::hours(1)) {
    return open_url(server->url(queue), retention);
  }

  AmqpServer* server = nullptr;
  std::string queue;
  feed::AuthorityForTest authority;
};

TEST_F(AmqpTest, AQueueThatDoesNotExistIsRefusedAndNotMade) {
  expect_refused(open(), queue, "rabbitmqadmin declare queue name=" + queue + " durable=true");
  expect_refused(open(), queue, R"("x-max-age":"3600s")");
  EXPECT_EQ(server->connect()->find_queue(queue).error().code, ErrorCode::kNotFound);
}

TEST_F(AmqpTest, AQueueThatIsNoStreamIsRefused) {
  server->create(queue, {{"x-queue-type", "classic"}});
  expect_refused(open(), queue, "rabbitmqadmin delete queue name=" + queue);
  AmqpReader reader(server->access(queue));
  ASSERT_TRUE(server->put(queue, "word"));
  const auto opened = reader.open({});
  EXPECT_TRUE(!opened || !reader.read(std::chrono::seconds(5))) << "a message without an offset";
}

TEST_F(AmqpTest, AQuorumQueueIsRefused) {
  server->create(queue, {{"x-queue-type", "quorum"}});
  expect_refused(open(), queue, "is no stream");
}

TEST_F(AmqpTest, AShorterRetentionThanTheFeedsIsRefused) {
  server->create(queue, {{"x-queue-type", "stream"},
                         {"x-max-age", "1h"},
                         {"x-max-length-bytes", std::int64_t{1'000'000'000}},
                         {"x-stream-max-segment-size-bytes", std::int64_t{50'000'000}}});
  EXPECT_TRUE(open(std::chrono::hours(1)));
  expect_refused(open(std::chrono::hours(2)), queue, R"("x-max-age":"7200s")");
}

TEST_F(AmqpTest, UnlimitedRetentionIsLongEnough) {
  server->create(queue, {{"x-queue-type", "stream"}});
  const auto opened = open(std::chrono::hours(24));
  EXPECT_TRUE(opened) << opened.error().message;
}

TEST_F(AmqpTest, ToLookAtAQueueChangesNothing) {
  server->create(queue, {{"x-queue-type", "stream"}, {"x-max-age", "7D"}});
  ASSERT_TRUE(open());
  EXPECT_TRUE(
      server->connect()->declare_queue(queue, {{"x-queue-type", "stream"}, {"x-max-age", "7D"}}));
}

TEST_F(AmqpTest, WithoutAQueueForSnapshotsNoneAreKept) {
  server->create(queue);
  const auto without = open();
  ASSERT_TRUE(without) << without.error().message;
  EXPECT_FALSE((*without)->keeps_snapshots());
  server->create(queue + ".snapshot");
  const auto with = open();
  ASSERT_TRUE(with);
  EXPECT_TRUE((*with)->keeps_snapshots());
}

TEST_F(AmqpTest, AQueueForRequestsHasToBeThereAndToKeepThem) {
  const std::string beside = queue + ".requests";
  const auto topic = requests(server->url(queue));
  const std::string made_by = "rabbitmqadmin declare queue name=" + beside;
  expect_refused(topic->open({}), beside, made_by);
  expect_refused(topic->check(100), beside, R"("x-max-age":"7200s")");
  EXPECT_FALSE(topic->read(Milliseconds(10), 100)) << "not opened";
  server->create(beside, {{"x-queue-type", "stream"}, {"x-max-age", "1h"}});
  expect_refused(topic->check(100), beside, "rabbitmqadmin delete queue");
  EXPECT_TRUE(topic->open({})) << "it is read all the same";
  server->remove(beside);
  server->create(beside, {{"x-queue-type", "stream"}, {"x-max-age", "2h"}});
  const auto checked = topic->check(100);
  EXPECT_TRUE(checked) << checked.error().message;
  server->remove(beside);
}

TEST_F(AmqpTest, AMessageOfTenMegabytesIsSteppedOver) {
  server->create(queue);
  EXPECT_TRUE(server->put(queue, std::string(std::size_t{10} << 20U, 'x')));
  EXPECT_TRUE(server->put(queue, std::string(kMaxBrokerMessageBytes + 1, 'x')));
  EXPECT_TRUE(server->put(queue, std::string(kMaxBrokerMessageBytes, 'y')));
  EXPECT_TRUE(server->put(queue, "word"));
  AmqpReader reader(server->access(queue));
  ASSERT_TRUE(reader.open({}));
  const auto words = read(reader, 2);
  ASSERT_EQ(words.size(), 2U);
  EXPECT_EQ(words[0].size(), kMaxBrokerMessageBytes);
  EXPECT_EQ(words[1], "word");
}

TEST_F(AmqpTest, TheLargestWordPasses) {
  server->create(queue);
  auto transport = open();
  ASSERT_TRUE(transport);
  const std::string largest(feed::kMaxBatchBytes, 'w');
  ASSERT_TRUE((*transport)->publish_heartbeat(largest));
  AmqpReader reader(server->access(queue));
  ASSERT_TRUE(reader.open({}));
  EXPECT_EQ(read(reader, 1), std::vector{largest});
}

TEST_F(AmqpTest, AReaderGoesOnAfterAPositionHoweverFarBack) {
  server->create(queue);
  auto transport = open();
  ASSERT_TRUE(transport);
  std::vector<feed::Sealed> batches;
  for (int i = 0; i < 3000; ++i) batches.push_back(authority.revoke({feed::revoke_session("s")}));
  for (std::size_t i = 0; i < batches.size(); i += 250) {
    ASSERT_EQ((*transport)->publish_all(std::span(batches).subspan(i, 250)), 250U);
    ASSERT_TRUE((*transport)->publish_heartbeat(authority.heartbeat()));
  }
  for (const std::size_t known : {0U, 1U, 499U, 2000U, 2998U}) {
    AmqpReader reader(server->access(queue));
    const auto opened = reader.open(batches[known].position);
    ASSERT_TRUE(opened) << opened.error().message;
    const auto words = read(reader, 1);
    ASSERT_FALSE(words.empty());
    // Not after what comes next, and not so far before it.
    const auto from = std::ranges::find(batches, words[0], &feed::Sealed::jws) - batches.begin();
    EXPECT_LE(static_cast<std::size_t>(from), known + 1);
    EXPECT_GE(static_cast<std::size_t>(from) + 800, known) << "for " << known;
  }
  AmqpReader from_start(server->access(queue));
  ASSERT_TRUE(from_start.open({}));
  EXPECT_EQ(read(from_start, 3012).size(), 3012U);
}

TEST_F(AmqpTest, WhatIsTrimmedByRetentionIsPassedOverByWhoStandsThere) {
  server->create(queue, {{"x-queue-type", "stream"},
                         {"x-max-length-bytes", std::int64_t{200'000}},
                         {"x-stream-max-segment-size-bytes", std::int64_t{100'000}}});
  auto transport = open();
  ASSERT_TRUE(transport);
  const auto first = authority.revoke({feed::revoke_session("first")});
  ASSERT_TRUE((*transport)->publish(first));
  AmqpReader reader(server->access(queue));
  ASSERT_TRUE(reader.open(first.position));
  // Segment after segment, until the first of them are gone.
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(server->put(queue, std::string(50'000, 'x')));
  const auto newest = authority.revoke({feed::revoke_session("newest")});
  ASSERT_TRUE((*transport)->publish(newest));
  bool found = false;
  for (int i = 0; i < 200 && !found; ++i) {
    const auto words = reader.read(Milliseconds(100));
    if (!words) {
      ASSERT_TRUE(reader.open(first.position));
      continue;
    }
    found = std::ranges::find(*words, newest.jws) != words->end();
  }
  EXPECT_TRUE(found);
  // Who comes now finds no beginning, and the origin says what is missing.
  AmqpReader late(server->access(queue));
  ASSERT_TRUE(late.open({}));
  const auto words = read(late, 1);
  ASSERT_FALSE(words.empty());
  EXPECT_NE(words[0], first.jws);
}

TEST_F(AmqpTest, AQueueThatIsDeletedUnderAPublisherIsNotTakenForAPlace) {
  server->create(queue);
  auto transport = open();
  ASSERT_TRUE(transport);
  ASSERT_TRUE((*transport)->publish(authority.revoke({})));
  server->remove(queue);
  // What comes back is not published, though the broker confirms it.
  EXPECT_FALSE((*transport)->publish(authority.revoke({})));
  const auto refused = (*transport)->publish(authority.revoke({}));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("rabbitmqadmin declare"), std::string::npos);
  server->create(queue);
  EXPECT_TRUE((*transport)->publish(authority.revoke({})));
}

TEST_F(AmqpTest, AQueueThatIsDeletedUnderAReaderEndsTheReading) {
  server->create(queue);
  AmqpReader reader(server->access(queue));
  ASSERT_TRUE(reader.open({}));
  server->remove(queue);
  const BootTime end = SystemClock().now().boot + std::chrono::seconds(30);
  auto words = reader.read(Milliseconds(100));
  while (words && SystemClock().now().boot < end) words = reader.read(Milliseconds(100));
  ASSERT_FALSE(words);
  EXPECT_EQ(words.error().code, ErrorCode::kGone) << words.error().message;
}

TEST_F(AmqpTest, TheLastWholeSnapshotCounts) {
  server->create(queue);
  server->create(queue + ".snapshot");
  auto transport = open();
  ASSERT_TRUE(transport);
  AmqpReader reader(server->access(queue));
  EXPECT_EQ(reader.snapshot().error().code, ErrorCode::kNotFound);
  const feed::Snapshot one{.manifest = "one",
                           .segments = {std::string(std::size_t{4} << 20U, 'a'), "b", "c"}};
  ASSERT_TRUE((*transport)->publish_snapshot(one));
  ASSERT_TRUE(reader.snapshot());
  EXPECT_EQ(reader.snapshot()->segments, one.segments);
  ASSERT_TRUE((*transport)->publish_snapshot({.manifest = "two", .segments = {"d"}}));
  EXPECT_EQ(reader.snapshot()->manifest, "two");
  // One that was begun and not ended, and what nobody knows.
  for (const char* foreign : {"a chunk", "another", "rescind snapshot 1\n"}) {
    ASSERT_TRUE(server->put(queue + ".snapshot", foreign));
  }
  EXPECT_EQ(reader.snapshot()->manifest, "two");
  // An index whose chunks are not there.
  feed::Snapshot lost{.manifest = "lost", .segments = {"never sent"}};
  ASSERT_TRUE(server->put(queue + ".snapshot", encode(*index_of(lost))));
  const auto found = reader.snapshot();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->manifest, "two");
}

TEST_F(AmqpTest, AWrongPasswordIsSaidWithoutIt) {
  std::string url = server->url(queue);
  url.insert(std::string_view("amqp://").size(), "guest:hunter2@");
  const auto opened = open_url(url);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kUnauthorized) << opened.error().message;
  EXPECT_EQ(opened.error().message.find("hunter2"), std::string::npos);
}

TEST_F(AmqpTest, OverTlsTheBrokerIsWhoItSays) {
  server->create(queue);
  FeedAccess access;
  access.url = server->tls_url("127.0.0.1", queue) + "?cacertfile=" + server->ca_file();
  auto opened = registry.transport(access, in);
  ASSERT_TRUE(opened) << opened.error().message;
  // Some frames, and many records.
  const std::string largest(feed::kMaxBatchBytes, 'w');
  ASSERT_TRUE((*opened)->publish_heartbeat(largest));
  AmqpReader reader(*AmqpAccess::parse(access));
  ASSERT_TRUE(reader.open({}));
  EXPECT_EQ(read(reader, 1), std::vector{largest});
}

TEST_F(AmqpTest, OverTlsAStrangerIsRefused) {
  FeedAccess access;
  const auto refused = [&](const std::string& url) {
    access.url = url;
    const auto client = AmqpClient::connect(*AmqpAccess::parse(access));
    return client ? "" : client.error().message;
  };
  const std::string known = "?cacertfile=" + server->ca_file();
  EXPECT_EQ(refused(server->tls_url("127.0.0.1", queue) + known), "");
  const std::string stranger = "amqp: connecting: SSL handshake failed: certificate verify failed";
  EXPECT_EQ(refused(server->tls_url("127.0.0.1", queue)), stranger) << "of an unknown authority";
  EXPECT_EQ(refused(server->tls_url("localhost", queue) + known), stranger) << "of another name";
  EXPECT_EQ(refused(server->tls_url("127.0.0.1", queue) + "?cacertfile=/none"),
            "amqp: the file that cacertfile names cannot be read, or is no such PEM");
}

TEST_F(AmqpTest, ABrokerThatIsNotThereIsNoErrorAtTheStart) {
  const auto opened = open_url("amqp://127.0.0.1:1/" + queue);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_FALSE((*opened)->publish_heartbeat(authority.heartbeat()));
}

}  // namespace
}  // namespace rescind::transport

namespace rescind::feed {

INSTANTIATE_TEST_SUITE_P(Amqp, TransportConformance, testing::Values([] {
                           return transport::OverBroker::make(&transport::AmqpUnderTest::make);
                         }));

}  // namespace rescind::feed

#include "transport/redis.h"

#include <gtest/gtest.h>

#include <csignal>

#include "net/redis_server.h"
#include "transport/broker_conformance.h"
#include "transport/broker_faults.h"
#include "transport/redis_requests.h"
#include "transport/request_topic_conformance.h"

namespace rescind::transport {
namespace {

// A stream of a new name.
class RedisUnderTest final : public BrokerUnderTest {
 public:
  static Result<std::unique_ptr<BrokerUnderTest>> make() {
    TRY_ASSIGN(net::RedisServer* const server, net::RedisServer::get());
    return std::make_unique<RedisUnderTest>(*server);
  }
  explicit RedisUnderTest(net::RedisServer& server)
      : server_(server), name_("rescind." + SystemRandom().hex(8)) {}

  std::unique_ptr<feed::Transport> transport() override {
    return std::make_unique<RedisTransport>(access());
  }
  MakeBrokerReader reader() override {
    return [access = access()] { return std::make_unique<RedisReader>(access); };
  }
  std::unique_ptr<RequestTopic> requests() override {
    return std::make_unique<RedisRequests>(access());
  }
  bool put(std::string_view bytes) override {
    return server_.run({"XADD", name_, "*", "jws", bytes}).kind == net::RedisReply::Kind::kText;
  }
  void forget() override { server_.run({"XTRIM", name_, "MAXLEN", "0"}); }
  void make_again() override { server_.run({"DEL", name_}); }
  void restart() override { server_.restart(); }
  void stop() override { server_.signal(SIGSTOP); }
  void go_on() override { server_.signal(SIGCONT); }

  const std::string& name() const { return name_; }
  RedisAccess access() const {
    FeedAccess access;
    access.url = server_.url(name_);
    return *RedisAccess::parse(access);
  }

 private:
  net::RedisServer& server_;
  const std::string name_;
};

class RedisTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto server = net::RedisServer::get();
    if (!server) GTEST_SKIP() << server.error().message;
    server_ = *server;
    stream_ = std::make_unique<RedisUnderTest>(*server_);
  }
  std::vector<std::string> read_all(BrokerReader& reader) {
    std::vector<std::string> all;
    for (;;) {
      const auto words = reader.read(Milliseconds(20));
      EXPECT_TRUE(words);
      if (!words || words->empty()) return all;
      all.insert(all.end(), words->begin(), words->end());
    }
  }

  // A line of a plan, as a shell and redis-cli would take it.
  void run_as_planned(std::string_view line) {
    ASSERT_TRUE(line.starts_with("redis-cli -h 127.0.0.1 -p ")) << line;
    std::vector<std::string> words = {""};
    bool quoted = false;
    for (const char c : line) {
      if (c == '\'') quoted = !quoted;
      if (c == ' ' && !quoted) words.emplace_back();
      if (c != '\'' && (c != ' ' || quoted)) words.back() += c;
    }
    const net::Redis::Command command(words.begin() + 5, words.end());
    EXPECT_EQ(server_->run(command).text, "OK") << line;
  }

  net::RedisServer* server_ = nullptr;
  std::unique_ptr<RedisUnderTest> stream_;
  feed::AuthorityForTest authority_;
};

TEST_F(RedisTest, AReaderGoesOnAfterAPositionHoweverFarBack) {
  const auto transport = stream_->transport();
  std::vector<feed::Sealed> batches;
  for (int i = 0; i < 3000; ++i) batches.push_back(authority_.revoke({feed::revoke_session("s")}));
  for (std::size_t i = 0; i < batches.size(); i += 250) {
    ASSERT_EQ(transport->publish_all(std::span(batches).subspan(i, 250)), 250U);
    ASSERT_TRUE(transport->publish_heartbeat(authority_.heartbeat()));
  }
  for (const std::size_t known : {0U, 1U, 499U, 2000U, 2998U}) {
    const auto reader = stream_->reader()();
    ASSERT_TRUE(reader->open(batches[known].position));
    const auto words = read_all(*reader);
    ASSERT_FALSE(words.empty());
    const bool heartbeat_first = (known + 1) % 250 == 0;
    EXPECT_EQ(words[heartbeat_first ? 1 : 0], batches[known + 1].jws) << known;
    EXPECT_EQ(words.back(), authority_.heartbeat().empty() ? "" : words.back());
  }
  const auto from_start = stream_->reader()();
  ASSERT_TRUE(from_start->open({}));
  EXPECT_EQ(read_all(*from_start).size(), 3012U);
}

TEST_F(RedisTest, WhatIsOlderThanTheRetentionIsTrimmed) {
  RedisAccess access = stream_->access();
  access.retention = Milliseconds(1);
  RedisTransport transport(access);
  for (int i = 0; i < 2000; ++i) {
    ASSERT_TRUE(transport.publish(authority_.revoke({feed::revoke_session("s")})));
  }
  EXPECT_LT(server_->run({"XLEN", stream_->name()}).integer, 1000);
}

TEST_F(RedisTest, ASnapshotLiesBesideTheBatchesAndIsReplacedWhole) {
  const auto transport = stream_->transport();
  const auto reader = stream_->reader()();
  ASSERT_TRUE(reader->open({}));
  EXPECT_EQ(reader->snapshot().error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(transport->publish_snapshot(
      {.manifest = "one", .segments = {std::string(std::size_t{4} << 20U, 'a'), "b", "c"}}));
  EXPECT_EQ(reader->snapshot()->segments.size(), 3U);
  EXPECT_EQ(reader->snapshot()->segments[0].size(), std::size_t{4} << 20U);
  ASSERT_TRUE(transport->publish_snapshot({.manifest = "two", .segments = {}}));
  EXPECT_EQ(reader->snapshot()->manifest, "two");
  EXPECT_TRUE(reader->snapshot()->segments.empty());
}

TEST_F(RedisTest, WhatThePlanGrantsIsEnoughForRequests) {
  const RedisAccess requests = stream_->access().requests();
  for (const std::string& command : redis_requests_plan(requests)) run_as_planned(command);
  RedisAccess access = requests;
  access.address.user = "rescind-authority";
  access.address.password = Secret("PASSWORD");
  RedisRequests topic(access);
  const auto checked = topic.check(100);
  ASSERT_TRUE(checked) << checked.error().message;
  ASSERT_TRUE(topic.open({}));
  access.address.user = "rescind-service";
  const auto service = net::Redis::connect(access.address, Milliseconds(5'000));
  ASSERT_TRUE(service) << service.error().message;
  ASSERT_TRUE((*service)->run({"XADD", requests.stream, "*", "jws", "a"}));
  EXPECT_FALSE((*service)->run({"XADD", stream_->name(), "*", "jws", "a"})) << "the feed's";
  EXPECT_FALSE((*service)->run({"XTRIM", requests.stream, "MAXLEN", "0"}));
  const auto read = topic.read(std::chrono::seconds(10), 100);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 1U);
  topic.forget({.term = read->at(0).cursor.term + 1, .number = 0});
  EXPECT_EQ(server_->run({"XLEN", requests.stream}).integer, 0) << "trimmed";
}

// The users that `rescind feed plan` makes may do what they have to, and a follower no more.
TEST_F(RedisTest, WhatThePlanGrantsIsEnough) {
  for (const std::string& command : redis_plan(stream_->access())) run_as_planned(command);
  const auto as = [this](const std::string& user) {
    RedisAccess access = stream_->access();
    access.address.user = user;
    access.address.password = Secret("PASSWORD");
    return access;
  };
  RedisTransport transport(as("rescind-authority"));
  const auto checked = transport.check();
  ASSERT_TRUE(checked) << checked.error().message;
  const auto batch = authority_.revoke({feed::revoke_session("s")});
  const auto published = transport.publish(batch);
  ASSERT_TRUE(published) << published.error().message;
  ASSERT_TRUE(transport.publish_snapshot({.manifest = "one", .segments = {"a"}}));
  RedisReader reader(as("rescind-follower"));
  const auto opened = reader.open({.term = 1, .number = 9});
  ASSERT_TRUE(opened) << opened.error().message;
  ASSERT_TRUE(reader.open({}));
  EXPECT_EQ(read_all(reader), std::vector{batch.jws});
  EXPECT_EQ(reader.snapshot()->manifest, "one");
  RedisTransport refused(as("rescind-follower"));
  EXPECT_EQ(refused.publish(batch).error().code, ErrorCode::kUnauthorized);
}

TEST_F(RedisTest, AServerThatIsNotThereIsAnErrorInBoundedTime) {
  FeedAccess access;
  access.url = "redis://127.0.0.1:1/x";
  RedisTransport transport(*RedisAccess::parse(access));
  EXPECT_EQ(transport.publish(authority_.revoke({})).error().code, ErrorCode::kUnavailable);
  RedisReader reader(*RedisAccess::parse(access));
  EXPECT_EQ(reader.open({}).error().code, ErrorCode::kUnavailable);
}

TEST(RedisAccessTest, ReadsAUrl) {
  FeedAccess from;
  from.feed = "eu";
  from.url = "redis://localhost";
  const auto plain = RedisAccess::parse(from);
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->address.host, "localhost");
  EXPECT_EQ(plain->address.port, 6379);
  EXPECT_EQ(plain->stream, "rescind.eu");
  EXPECT_EQ(plain->snapshot_key(), "rescind.eu.snapshot");
  from.url = "redis://me:p%40ss@[::1]:7000/feeds%2Feu";
  const auto full = RedisAccess::parse(from);
  ASSERT_TRUE(full) << full.error().message;
  EXPECT_EQ(full->address.host, "::1");
  EXPECT_EQ(full->address.port, 7000);
  EXPECT_EQ(full->address.user, "me");
  EXPECT_EQ(full->address.password.expose(), "p@ss");
  EXPECT_EQ(full->stream, "feeds/eu");
  from.url = "redis://:p@localhost/";
  const auto password = RedisAccess::parse(from);
  ASSERT_TRUE(password) << password.error().message;
  EXPECT_EQ(password->address.user, "");
  EXPECT_EQ(password->address.password.expose(), "p");
}

TEST(RedisAccessTest, RefusesWhatIsNoneAndSaysNoPassword) {
  for (const char* url :
       {"rediss://h/x", "redis://", "redis://:0/x", "redis://h:0/x", "redis://h:65536/x",
        "redis://h:x/x", "redis://user@h/x", "redis://:@h/x", "redis://h,i/x",
        "redis://u:%zz@localhost/x", "redis://h/x?db=1", "redis://u:hunter2@example.com/x"}) {
    FeedAccess from;
    from.url = url;
    const auto access = RedisAccess::parse(from);
    ASSERT_FALSE(access) << url;
    EXPECT_EQ(access.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(access.error().message.find("hunter2"), std::string::npos);
  }
  FeedAccess tunnel;
  tunnel.url = "redis://u:p@example.com/x";
  tunnel.insecure = true;
  EXPECT_TRUE(RedisAccess::parse(tunnel));
}

INSTANTIATE_TEST_SUITE_P(Redis, BrokerFaults, testing::Values(&RedisUnderTest::make));
INSTANTIATE_TEST_SUITE_P(Redis, RequestTopics, testing::Values(&RedisUnderTest::make));

}  // namespace
}  // namespace rescind::transport

namespace rescind::feed {

INSTANTIATE_TEST_SUITE_P(Redis, TransportConformance, testing::Values([] {
                           return transport::OverBroker::make(&transport::RedisUnderTest::make);
                         }));

}  // namespace rescind::feed

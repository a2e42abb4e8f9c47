#include "transport/redis_requests.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "net/redis_server.h"

namespace rescind::transport {
namespace {

constexpr Milliseconds kSoon{50};
constexpr std::size_t kMost = 100;

class RedisRequestsTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto server = net::RedisServer::get();
    if (!server) GTEST_SKIP() << server.error().message;
    server_ = *server;
    name_ = "rescind." + SystemRandom().hex(8);
    topic_ = std::make_unique<RedisRequests>(access().requests());
  }
  RedisAccess access() const {
    FeedAccess access;
    access.url = server_->url(name_);
    return *RedisAccess::parse(access);
  }
  void put(const std::string& text, const char* field = "jws") const {
    ASSERT_EQ(server_->run({"XADD", name_ + ".requests", "*", field, text}).kind,
              net::RedisReply::Kind::kText);
  }
  std::vector<std::string> read() const {
    const auto messages = topic_->read(kSoon, kMost);
    EXPECT_TRUE(messages) << messages.error().message;
    std::vector<std::string> texts;
    for (const auto& message : *messages) texts.push_back(message.text);
    return texts;
  }
  using Texts = std::vector<std::string>;

  net::RedisServer* server_ = nullptr;
  std::string name_;
  std::unique_ptr<RedisRequests> topic_;
};

TEST_F(RedisRequestsTest, SaysWhatIsTooLargeAndReadsOn) {
  put(std::string(kMost, 'x'));
  put(std::string(kMost + 1, 'x'));
  put("good");
  put("of another field", "text");
  ASSERT_TRUE(topic_->open({}));
  const auto messages = topic_->read(kSoon, kMost);
  ASSERT_TRUE(messages);
  ASSERT_EQ(messages->size(), 4U);
  EXPECT_FALSE((*messages)[0].is_too_large);
  EXPECT_TRUE((*messages)[1].is_too_large);
  EXPECT_TRUE((*messages)[1].text.empty());
  EXPECT_EQ((*messages)[2].text, "good");
  EXPECT_TRUE((*messages)[3].text.empty());
}

TEST_F(RedisRequestsTest, ForgetsWhatWasDealtWith) {
  for (const char* text : {"a", "b", "c"}) put(text);
  ASSERT_TRUE(topic_->open({}));
  const auto messages = topic_->read(kSoon, kMost);
  ASSERT_TRUE(messages);
  topic_->forget((*messages)[1].cursor);
  EXPECT_EQ(server_->run({"XLEN", name_ + ".requests"}).integer, 2);
  ASSERT_TRUE(topic_->open((*messages)[1].cursor));
  EXPECT_EQ(read(), Texts{"c"});
}

TEST_F(RedisRequestsTest, StartsAnewWhereTheStreamWasMadeAgain) {
  const std::string stream = name_ + ".requests";
  server_->run({"XADD", stream, "999999999999999-1", "jws", "old"});
  ASSERT_TRUE(topic_->open({}));
  const auto messages = topic_->read(kSoon, kMost);
  ASSERT_TRUE(messages);
  const auto cursor = messages->at(0).cursor;
  server_->run({"DEL", stream});
  put("new");
  ASSERT_TRUE(topic_->open(cursor));
  EXPECT_EQ(read(), Texts{"new"});
}

TEST_F(RedisRequestsTest, IsNotOpenedWhereNobodyListens) {
  FeedAccess nowhere;
  nowhere.url = "redis://127.0.0.1:1/x";
  RedisRequests topic(RedisAccess::parse(nowhere)->requests());
  EXPECT_FALSE(topic.open({}));
  EXPECT_FALSE(topic.read(kSoon, kMost));
}

}  // namespace
}  // namespace rescind::transport

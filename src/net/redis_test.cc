// What a server may answer; tests against a real one are in transport/redis_test.cc.

#include "net/redis.h"

#include <gtest/gtest.h>

#include "net/raw_server.h"

namespace rescind::net {
namespace {

using Kind = RedisReply::Kind;
constexpr Milliseconds kTimeout{2'000};

Result<RedisReply> answered(const std::string& bytes) {
  const RawServer server({bytes});
  auto redis = Redis::connect({.host = "127.0.0.1", .port = server.port()}, kTimeout);
  if (!redis) return std::unexpected(redis.error());
  return (*redis)->run({"X"});
}

TEST(RedisTest, EveryKindOfReplyIsRead) {
  EXPECT_EQ(answered("+OK\r\n")->text, "OK");
  EXPECT_EQ(answered(std::string("$3\r\na\0b\r\n", 9))->text, std::string("a\0b", 3));
  EXPECT_EQ(answered(":-42\r\n")->integer, -42);
  EXPECT_EQ(answered("$-1\r\n")->kind, Kind::kNil);
  EXPECT_EQ(answered("*-1\r\n")->kind, Kind::kNil);
  const auto nested = answered("*2\r\n$1\r\na\r\n*1\r\n:7\r\n");
  ASSERT_TRUE(nested);
  ASSERT_EQ(nested->elements.size(), 2U);
  EXPECT_EQ(nested->elements[1].elements[0].integer, 7);
}

TEST(RedisTest, AServersErrorSaysWhetherToTryAgain) {
  EXPECT_EQ(answered("-WRONGTYPE not a stream\r\n").error().code, ErrorCode::kInternal);
  EXPECT_EQ(answered("-LOADING soon\r\n").error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(answered("-NOAUTH who are you\r\n").error().code, ErrorCode::kUnauthorized);
}

TEST(RedisTest, WhatIsNoRedisIsAnError) {
  EXPECT_EQ(answered("HTTP/1.1 400 Bad Request\r\n\r\n").error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(answered("").error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(answered("$10\r\nabc").error().code, ErrorCode::kUnavailable);
}

TEST(RedisTest, AServerThatIsNotThereIsAnError) {
  EXPECT_EQ(Redis::connect({.host = "127.0.0.1", .port = 1}, kTimeout).error().code,
            ErrorCode::kUnavailable);
}

TEST(RedisTest, AWrongPasswordIsSaidAndNotRepeated) {
  const RawServer server({"-WRONGPASS invalid username-password pair\r\n"});
  const auto redis = Redis::connect(
      {.host = "127.0.0.1", .port = server.port(), .user = "me", .password = Secret("hunter2")},
      kTimeout);
  ASSERT_FALSE(redis);
  EXPECT_EQ(redis.error().code, ErrorCode::kUnauthorized);
  EXPECT_EQ(redis.error().message.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace rescind::net

#include "transport/nats_ack.h"

#include <gtest/gtest.h>

namespace rescind::transport {
namespace {

ErrorCode refused(std::string_view answer) {
  const auto ack = read_nats_ack(answer, "feed");
  EXPECT_FALSE(ack) << answer;
  return ack ? ErrorCode::kInternal : ack.error().code;
}

TEST(NatsAck, HasTheNumberOfTheMessage) {
  EXPECT_EQ(read_nats_ack(R"({"stream":"feed", "seq":7})", "feed"), 7);
  EXPECT_EQ(read_nats_ack(R"({"stream":"feed","domain":"hub","seq":9,"duplicate":true})", "feed"),
            9);
}

TEST(NatsAck, OfAnotherStreamIsNone) {
  EXPECT_EQ(refused(R"({"stream":"other","seq":7})"), ErrorCode::kConflict);
  EXPECT_EQ(refused(R"({"stream":"","seq":7})"), ErrorCode::kConflict);
}

TEST(NatsAck, ARefusalSaysWhyInBoundedPrintableWords) {
  const std::string answer =
      R"({"error":{"code":503,"err_code":10077,"description":"maximum\nbytes )" +
      std::string(1000, 'x') + R"("},"stream":"feed","seq":0})";
  const auto ack = read_nats_ack(answer, "feed");
  ASSERT_FALSE(ack);
  EXPECT_EQ(ack.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(ack.error().message.find("maximum?bytes xx"), std::string::npos);
  EXPECT_LT(ack.error().message.size(), 300U);
  EXPECT_EQ(refused(R"({"error":{}})"), ErrorCode::kUnavailable);
  EXPECT_EQ(refused(R"({"error":null,"stream":"feed","seq":7})"), ErrorCode::kUnavailable);
}

TEST(NatsAck, AnythingElseIsNone) {
  for (const char* answer :
       {"", "+ACK", "[]", "7", "{", "{}", R"({"stream":"feed"})", R"({"seq":7})",
        R"({"stream":"feed","seq":0})", R"({"stream":"feed","seq":-1})",
        R"({"stream":"feed","seq":"7"})", R"({"stream":"feed","seq":1.5})",
        R"({"stream":7,"seq":7})", R"({"stream":"feed","seq":18446744073709551615})"}) {
    EXPECT_EQ(refused(answer), ErrorCode::kCorrupt) << answer;
  }
  EXPECT_EQ(refused(R"({"stream":"feed","seq":7,"x":")" + std::string(4096, 'x') + "\"}"),
            ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace rescind::transport

#include "transport/amqp_queue.h"

#include <gtest/gtest.h>

namespace rescind::transport {
namespace {

std::string said(const std::string& rest) {
  return "amqp: declaring the queue 'q': PRECONDITION_FAILED - inequivalent arg 'x-max-age' for "
         "queue 'q' in vhost '/': " +
         rest;
}

TEST(AmqpQueue, AnArgumentIsReadFromWhatTheBrokerSays) {
  const auto unknown =
      read_difference(said("received none but current is the value '1h' of type 'longstr'"));
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->name, "x-max-age");
  EXPECT_EQ(unknown->is, AmqpValue("1h"));
  EXPECT_EQ(read_difference(said("received '2h' but current is '1h'"))->is, AmqpValue("1h"));
  EXPECT_EQ(
      read_difference(said("received none but current is the value '500' of type 'signedint'"))->is,
      AmqpValue(std::int64_t{500}));
  EXPECT_EQ(
      read_difference(said("received the value '5' of type 'signedint' but current is none"))->is,
      std::nullopt);
}

TEST(AmqpQueue, WhatSaysSomethingElseIsNoDifference) {
  for (const std::string& message :
       {std::string(), said(""), said("but current is "), said("but current is '1h"),
        std::string("inequivalent arg 'x"), std::string("NOT_FOUND - no queue 'q' in vhost '/'")}) {
    EXPECT_FALSE(read_difference(message)) << message;
  }
}

TEST(AmqpQueue, ReadsAges) {
  EXPECT_EQ(read_age("3600s"), std::chrono::hours(1));
  EXPECT_EQ(read_age("5m"), std::chrono::minutes(5));
  EXPECT_EQ(read_age("1h"), std::chrono::hours(1));
  EXPECT_EQ(read_age("7D"), std::chrono::days(7));
  EXPECT_EQ(read_age("1M"), std::chrono::days(30));
  EXPECT_EQ(read_age("1Y"), std::chrono::days(365));
  for (const char* text : {"", "h", "1", "1d", "-1h", "1 h", "99999999999999999999h"}) {
    EXPECT_FALSE(read_age(text)) << text;
  }
  EXPECT_GT(read_age("9223372036854775807Y"), std::chrono::hours(1));
}

}  // namespace
}  // namespace rescind::transport

#pragma once
// For tests: what holds for a request topic at every broker. An adapter's test includes this once,
// with a real server behind it, and says
//
//   INSTANTIATE_TEST_SUITE_P(Kafka, RequestTopics, testing::Values(make_under_test));

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/server_process_testing.h"
#include "transport/broker_under_test.h"

namespace rescind::transport {

class RequestTopics : public testing::TestWithParam<MakeBrokerUnderTest> {
 protected:
  static constexpr std::size_t kMost = 100;
  using Messages = std::vector<RequestTopic::Message>;
  using Texts = std::vector<std::string>;

  void SetUp() override {
    auto made = GetParam()();
    if (!made) GTEST_SKIP() << made.error().message;
    broker = *std::move(made);
    open({});
  }
  // As after a start of the authority.
  void open(RequestTopic::Cursor after) {
    topic = broker->requests();
    const auto opened = topic->open(after);
    ASSERT_TRUE(opened) << opened.error().message;
  }
  void put(const Texts& texts) {
    for (const std::string& text : texts) ASSERT_TRUE(broker->put(text));
  }
  // Until so many are there, and then none that comes at once; after an error on from where it was.
  Messages read(std::size_t count) {
    const SystemClock clock;
    const BootTime end = clock.now().boot + std::chrono::seconds(60);
    Messages all;
    for (bool quiet = false; all.size() < count || !quiet;) {
      const auto some = topic->read(Milliseconds(100), kMost);
      if (some) all.insert(all.end(), some->begin(), some->end());
      if (some && !some->empty()) at = some->back().cursor;
      if (!some) (void)topic->open(at);
      quiet = some && some->empty();
      if (clock.now().boot > end) break;
    }
    return all;
  }
  Texts read_texts(std::size_t count) {
    Texts texts;
    for (const auto& message : read(count)) texts.push_back(message.text);
    return texts;
  }

  std::unique_ptr<BrokerUnderTest> broker;
  std::unique_ptr<RequestTopic> topic;
  RequestTopic::Cursor at;  // after what was read last
};

TEST_P(RequestTopics, GivesWhatLiesThereAndThenWhatComes) {
  put({"a", "b"});
  EXPECT_EQ(read_texts(2), (Texts{"a", "b"}));
  put({"c"});
  EXPECT_EQ(read_texts(1), Texts{"c"});
}

TEST_P(RequestTopics, GoesOnWhereItWas) {
  put({"a", "b", "c"});
  const Messages all = read(3);
  ASSERT_EQ(all.size(), 3U);
  for (std::size_t i = 0; i < all.size(); ++i) {
    open(all[i].cursor);
    Texts rest;
    for (std::size_t k = i + 1; k < all.size(); ++k) rest.push_back(all[k].text);
    EXPECT_EQ(read_texts(rest.size()), rest) << "after " << all[i].text;
  }
  // Nobody reads meanwhile.
  topic.reset();
  put({"d", "e"});
  open(all[1].cursor);
  EXPECT_EQ(read_texts(3), (Texts{"c", "d", "e"}));
}

TEST_P(RequestTopics, SaysWhatIsTooLargeAndReadsOn) {
  put({std::string(kMost, 'x'), std::string(kMost + 1, 'x'),
       std::string(kMaxBrokerMessageBytes + 1, 'x'), "good"});
  const Messages all = read(4);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_FALSE(all[0].is_too_large);
  EXPECT_EQ(all[0].text.size(), kMost);
  for (const std::size_t i : {1U, 2U}) {
    EXPECT_TRUE(all[i].is_too_large);
    EXPECT_TRUE(all[i].text.empty());
  }
  EXPECT_EQ(all[3].text, "good");
}

TEST_P(RequestTopics, WhatIsForgottenIsWhatWasDealtWith) {
  put({"a", "b", "c"});
  const Messages all = read(3);
  ASSERT_EQ(all.size(), 3U);
  topic->forget(all[1].cursor);
  open(all[1].cursor);
  EXPECT_EQ(read_texts(1), Texts{"c"});
}

TEST_P(RequestTopics, StartsAnewWhereItWasMadeAgain) {
  put({"a", "b", "c"});
  ASSERT_EQ(read(3).size(), 3U);
  topic.reset();
  broker->make_again();
  put({"new"});
  open(at);
  EXPECT_EQ(read_texts(1), Texts{"new"});
}

TEST_P(RequestTopics, StartsAnewWhereItWasMadeAgainAndHasGrownPastTheCursor) {
  put({"a", "b"});
  ASSERT_EQ(read(2).size(), 2U);
  topic.reset();
  broker->make_again();
  put({"c", "d", "e", "f"});
  open(at);
  EXPECT_EQ(read_texts(4), (Texts{"c", "d", "e", "f"}));
}

TEST_P(RequestTopics, IsMadeAgainUnderItsReader) {
  put({"a", "b", "c"});
  ASSERT_EQ(read(3).size(), 3U);
  broker->make_again();
  put({"new"});
  EXPECT_EQ(read_texts(1), Texts{"new"});
}

TEST_P(RequestTopics, GoesOnAfterARestartOfTheBroker) {
  put({"a", "b"});
  ASSERT_EQ(read(2).size(), 2U);
  broker->restart();
  // What is there again may not take anything yet, or take it without a word.
  ASSERT_TRUE(eventually([&] { return broker->put("c"); }, std::chrono::seconds(60)));
  const Texts texts = read_texts(1);
  ASSERT_FALSE(texts.empty());
  for (const std::string& text : texts) EXPECT_EQ(text, "c");
}

TEST_P(RequestTopics, IsCheckedAndIsFit) {
  const auto checked = topic->check(kMost);
  EXPECT_TRUE(checked) << checked.error().message;
}

}  // namespace rescind::transport

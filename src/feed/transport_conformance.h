#pragma once
// What every Transport and its Road have to do together. An adapter's test includes this once and
// says
//
//   INSTANTIATE_TEST_SUITE_P(Redis, TransportConformance, testing::Values(make_under_test));

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "feed/authority_for_test.h"
#include "feed/ports.h"

namespace rescind::feed {

// Both ends of one feed that nothing has been published to.
class TransportUnderTest {
 public:
  virtual ~TransportUnderTest() = default;
  virtual Transport& transport() = 0;
  virtual std::unique_ptr<Road> road() = 0;
  // Runs loops until `done` says so; false when it gives up.
  virtual bool run_until(const std::function<bool()>& done) = 0;
};

using MakeTransportUnderTest = std::function<std::unique_ptr<TransportUnderTest>()>;

class TransportConformance : public testing::TestWithParam<MakeTransportUnderTest> {
 protected:
  // A subscriber and what it heard, each word once: roads may repeat.
  struct Listener {
    std::unique_ptr<Road> road;
    std::unique_ptr<Subscription> subscription;
    std::vector<std::string> words;
    bool connected = false;
  };

  // Nothing is made where the server that it needs is not on this machine.
  void SetUp() override {
    under_test_ = GetParam()();
    if (under_test_ == nullptr) GTEST_SKIP() << "no server to test this over";
  }

  std::unique_ptr<Listener> listen(Position after = {}) {
    auto listener = std::make_unique<Listener>();
    listener->road = under_test_->road();
    listener->subscription = listener->road->subscribe(
        [after] { return after; },
        {.on_word =
             [to = listener.get()](std::string_view jws) {
               if (std::ranges::find(to->words, jws) == to->words.end())
                 to->words.emplace_back(jws);
             },
         .on_state = [to = listener.get()](bool connected) { to->connected = connected; }});
    EXPECT_TRUE(under_test_->run_until([&] { return listener->connected; })) << "not connected";
    return listener;
  }
  std::string publish(const std::string& session) {
    const Sealed batch = authority_.revoke({revoke_session(session)});
    const auto published = under_test_->transport().publish(batch);
    EXPECT_TRUE(published.has_value()) << (published ? "" : published.error().message);
    return batch.jws;
  }
  bool hears(Listener& listener, std::size_t words) {
    return under_test_->run_until([&] { return listener.words.size() >= words; });
  }

  AuthorityForTest authority_;
  std::unique_ptr<TransportUnderTest> under_test_;
};

TEST_P(TransportConformance, DeliversBatchesInOrder) {
  const auto listener = listen();
  std::vector<std::string> sent;
  for (int i = 0; i < 50; ++i) sent.push_back(publish("s-" + std::to_string(i)));
  ASSERT_TRUE(hears(*listener, sent.size()));
  EXPECT_EQ(listener->words, sent);
}

TEST_P(TransportConformance, DeliversHeartbeatsAfterTheirHead) {
  const auto listener = listen();
  const std::string batch = publish("s");
  const std::string heartbeat = authority_.heartbeat();
  ASSERT_TRUE(under_test_->transport().publish_heartbeat(heartbeat).has_value());
  ASSERT_TRUE(hears(*listener, 2));
  EXPECT_EQ(listener->words, (std::vector{batch, heartbeat}));
}

TEST_P(TransportConformance, DeliversTheLargestBatch) {
  const auto listener = listen();
  std::vector<revocation::Revocation> many(600, revoke_session(std::string(500, 'x')));
  const Sealed large = authority_.revoke(std::move(many));
  ASSERT_GT(large.jws.size(), std::size_t{400} << 10U);
  ASSERT_TRUE(under_test_->transport().publish(large).has_value());
  ASSERT_TRUE(hears(*listener, 1));
  EXPECT_TRUE(listener->words[0] == large.jws);
}

TEST_P(TransportConformance, ReachesEverySubscriber) {
  const auto first = listen();
  const auto second = listen();
  const std::string word = publish("s");
  for (Listener* listener : {first.get(), second.get()}) {
    ASSERT_TRUE(hears(*listener, 1));
    EXPECT_EQ(listener->words[0], word);
  }
}

TEST_P(TransportConformance, WhoJoinsLaterHearsWhatComesAfter) {
  const auto first = listen();
  publish("before");
  ASSERT_TRUE(hears(*first, 1));
  const auto later = listen(authority_.position());
  const std::string word = publish("after");
  ASSERT_TRUE(under_test_->run_until(
      [&] { return std::ranges::find(later->words, word) != later->words.end(); }));
}

TEST_P(TransportConformance, NothingComesAfterASubscriptionHasEnded) {
  const auto first = listen();
  const auto second = listen();
  first->subscription.reset();
  publish("s");
  ASSERT_TRUE(hears(*second, 1));
  EXPECT_TRUE(first->words.empty());
}

}  // namespace rescind::feed

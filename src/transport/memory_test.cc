#include "transport/memory.h"

#include <gtest/gtest.h>

#include "feed/transport_conformance.h"

namespace rescind::transport {
namespace {

// Forwards to a transport that outlives it, as the factory's road may not own it.
class SameRoad final : public feed::Road {
 public:
  explicit SameRoad(MemoryTransport& memory) : memory_(memory) {}
  std::unique_ptr<feed::Subscription> subscribe(std::function<feed::Position()> after,
                                                feed::Subscriber subscriber) override {
    return memory_.subscribe(std::move(after), std::move(subscriber));
  }

 private:
  MemoryTransport& memory_;
};

class MemoryUnderTest final : public feed::TransportUnderTest {
 public:
  feed::Transport& transport() override { return memory_; }
  std::unique_ptr<feed::Road> road() override { return std::make_unique<SameRoad>(memory_); }
  bool run_until(const std::function<bool()>& done) override { return done(); }

 private:
  MemoryTransport memory_;
};

std::unique_ptr<feed::TransportUnderTest> make_memory() {
  return std::make_unique<MemoryUnderTest>();
}

}  // namespace
}  // namespace rescind::transport

namespace rescind::feed {
INSTANTIATE_TEST_SUITE_P(Memory, TransportConformance,
                         testing::Values(rescind::transport::make_memory));
}  // namespace rescind::feed

namespace rescind::transport {
namespace {

TEST(MemoryTransport, TellsWhoSubscribesLaterWhatItHasKept) {
  feed::AuthorityForTest authority;
  MemoryTransport memory;
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(memory.publish(authority.revoke({feed::revoke_session("s")})).has_value());
  }
  std::vector<std::string> words;
  const auto subscription =
      memory.subscribe([&authority] { return authority.log()[7].position; },
                       {.on_word = [&words](std::string_view jws) { words.emplace_back(jws); },
                        .on_state = nullptr});
  ASSERT_EQ(words.size(), 3U);
  EXPECT_EQ(words.back(), authority.last().jws);
}

TEST(MemoryTransport, KeepsNoMoreThanItsLimit) {
  feed::AuthorityForTest authority;
  MemoryTransport memory;
  for (std::size_t i = 0; i < MemoryTransport::kKeptBatches + 5; ++i) {
    ASSERT_TRUE(memory.publish(authority.revoke({feed::revoke_session("s")})).has_value());
  }
  std::size_t words = 0;
  const auto subscription = memory.subscribe(
      nullptr, {.on_word = [&words](std::string_view) { ++words; }, .on_state = nullptr});
  EXPECT_EQ(words, MemoryTransport::kKeptBatches);
}

TEST(MemoryTransport, ASubscriberMayEndItsSubscriptionWhileItIsTold) {
  MemoryTransport memory;
  std::unique_ptr<feed::Subscription> subscription;
  int heard = 0;
  subscription = memory.subscribe(nullptr, {.on_word =
                                                [&](std::string_view) {
                                                  ++heard;
                                                  subscription.reset();
                                                },
                                            .on_state = nullptr});
  ASSERT_TRUE(memory.publish_heartbeat("h").has_value());
  ASSERT_TRUE(memory.publish_heartbeat("h").has_value());
  EXPECT_EQ(heard, 1);
}

}  // namespace
}  // namespace rescind::transport

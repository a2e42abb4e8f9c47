#pragma once
// For tests: the conformance suite of transports over a broker's real server. An adapter's test
// includes this once and says
//
//   INSTANTIATE_TEST_SUITE_P(Redis, TransportConformance, testing::Values([] {
//                              return transport::OverBroker::make(make_under_test); }));

#include <chrono>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "feed/transport_conformance.h"
#include "transport/broker_road.h"
#include "transport/broker_under_test.h"

namespace rescind::transport {

// Both ends of a feed there, for the conformance suite.
class OverBroker final : public feed::TransportUnderTest {
 public:
  // Nothing, and the tests are skipped, where there is no such server.
  static std::unique_ptr<feed::TransportUnderTest> make(const MakeBrokerUnderTest& make) {
    auto broker = make();
    if (!broker) return nullptr;
    return std::make_unique<OverBroker>(*std::move(broker));
  }
  explicit OverBroker(std::unique_ptr<BrokerUnderTest> broker)
      : broker_(std::move(broker)), transport_(broker_->transport()) {}

  feed::Transport& transport() override { return *transport_; }
  std::unique_ptr<feed::Road> road() override {
    return std::make_unique<BrokerRoad>("under test", broker_->reader(), loop_, random_, log_);
  }
  bool run_until(const std::function<bool()>& done) override {
    const SystemClock clock;
    const BootTime end = clock.now().boot + std::chrono::seconds(20);
    std::function<void()> look = [&] {
      if (done() || clock.now().boot > end) return loop_.stop();
      loop_.after(Milliseconds(1), look);
    };
    loop_.after(Milliseconds(0), look);
    loop_.run();
    return done();
  }

 private:
  net::Loop loop_;
  SeededRandom random_{1};
  NullLog log_;
  std::unique_ptr<BrokerUnderTest> broker_;
  std::unique_ptr<feed::Transport> transport_;
};

}  // namespace rescind::transport

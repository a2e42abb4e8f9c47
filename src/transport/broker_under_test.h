#pragma once
// For tests: a broker's real server as the fault cases (broker_faults.h) and the conformance suite
// see it.

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "feed/transport_conformance.h"
#include "transport/broker.h"
#include "transport/broker_road.h"

namespace rescind::transport {

// One feed's place at a real server, empty at first; each of a name of its own.
class BrokerUnderTest {
 public:
  virtual ~BrokerUnderTest() = default;
  virtual std::unique_ptr<feed::Transport> transport() = 0;
  virtual MakeBrokerReader reader() = 0;
  // What anybody who may write there can put there. False: the broker does not take it.
  virtual bool put(std::string_view bytes) = 0;
  // The batches that lie there go, as by a trim or a purge; a snapshot beside them stays.
  virtual void forget() = 0;
  // The place is deleted, and made again.
  virtual void make_again() = 0;
  // The server ends, and comes again with what it has stored. Returns when it serves.
  virtual void restart() = 0;
  virtual void stop() = 0;   // SIGSTOP
  virtual void go_on() = 0;  // SIGCONT
};
// kUnavailable: there is no such server on this machine; the tests are skipped, with the message.
using MakeBrokerUnderTest = std::function<Result<std::unique_ptr<BrokerUnderTest>>()>;

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

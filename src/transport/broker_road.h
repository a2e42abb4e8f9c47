#pragma once
// A road over a broker: reads on a thread of its own, and hands the words to the subscriber on the
// loop's. Connects again with back-off and jitter; each time from where the subscriber is then.
// Reads no further ahead than kWordsAhead, so a slow subscriber costs the broker's memory, not
// ours.

#include <memory>

#include "base/log.h"
#include "base/random.h"
#include "feed/ports.h"
#include "net/loop.h"
#include "transport/broker.h"

namespace rescind::transport {

class BrokerRoad final : public feed::Road {
 public:
  static constexpr std::size_t kWordsAhead = 4096;
  // How long a read waits at most: as long as the end of a subscription may take.
  static constexpr Milliseconds kReadWait{50};

  // `name` is said in the log: "redis". All outlive the subscriptions; the loop runs, or nobody
  // runs it, while one ends.
  BrokerRoad(std::string name, MakeBrokerReader make, net::Loop& loop, Random& random, Log& log)
      : name_(std::move(name)), make_(std::move(make)), loop_(loop), random_(random), log_(log) {}

  // Of the loop's thread.
  std::unique_ptr<feed::Subscription> subscribe(std::function<feed::Position()> after,
                                                feed::Subscriber subscriber) override;

 private:
  std::string name_;
  MakeBrokerReader make_;
  net::Loop& loop_;
  Random& random_;
  Log& log_;
};

}  // namespace rescind::transport

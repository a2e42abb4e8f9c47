#pragma once
// A transport inside one process: the demo, tests, and an authority that follows itself. Delivers
// inside publish(), to every subscriber; keeps the last few batches for who subscribes later. Both
// ends on one thread; outlives its subscriptions.

#include <cstddef>
#include <deque>
#include <list>
#include <memory>

#include "feed/ports.h"

namespace rescind::transport {

class MemoryTransport final : public feed::Transport, public feed::Road {
 public:
  static constexpr std::size_t kKeptBatches = 256;

  Result<void> publish(const feed::Sealed& batch) override;
  Result<void> publish_heartbeat(std::string_view jws) override;
  std::unique_ptr<feed::Subscription> subscribe(std::function<feed::Position()> after,
                                                feed::Subscriber subscriber) override;

 private:
  class MemorySubscription;
  void deliver(std::string_view jws);

  // A subscriber may end its subscription, or another's, while it is being told something.
  std::list<std::weak_ptr<const feed::Subscriber>> subscribers_;
  std::deque<feed::Sealed> kept_;
};

}  // namespace rescind::transport

#pragma once
// The receiving end of a feed on NATS: the stream read from a number of our own choosing, by a
// consumer that lives as long as the connection. Where a position lies is found from the end
// backwards, since positions only grow. Blocking; one thread.

#include <memory>
#include <string>
#include <vector>

#include "transport/broker.h"
#include "transport/broker_snapshot.h"
#include "transport/nats_tail.h"

namespace rescind::transport {

class NatsReader final : public BrokerReader {
 public:
  explicit NatsReader(NatsAccess access) : access_(std::move(access)) {}

  Result<void> open(feed::Position after) override;
  Result<std::vector<std::string>> read(Milliseconds wait) override;
  Result<feed::Snapshot> snapshot() override;

 private:
  NatsAccess access_;
  std::unique_ptr<NatsTail> tail_;  // null: not opened
};

}  // namespace rescind::transport

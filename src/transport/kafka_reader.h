#pragma once
// The receiving end of a feed on Kafka: a partition read from an offset of our own choosing, never
// by a group. Where a position lies is found from the end backwards, since positions only grow.
// Blocking; one thread.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "transport/broker.h"
#include "transport/kafka_client.h"
#include "transport/kafka_partition.h"

namespace rescind::transport {

class KafkaReader final : public BrokerReader {
 public:
  KafkaReader(KafkaAccess access, Log& log) : access_(std::move(access)), log_(log) {}

  Result<void> open(feed::Position after) override;
  Result<std::vector<std::string>> read(Milliseconds wait) override;
  Result<feed::Snapshot> snapshot() override;

 private:
  Result<void> connect();
  KafkaAccess access_;
  Log& log_;
  std::unique_ptr<KafkaClient> client_;
  std::unique_ptr<KafkaPartition> feed_;
  BootTime heard_{};
};

}  // namespace rescind::transport

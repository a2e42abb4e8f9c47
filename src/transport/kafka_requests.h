#pragma once
// Signed requests on Kafka: a topic NAME.requests of one partition, each message's value a request.
// Whoever runs the broker makes it, and lets services write to it and nothing else.

#include <memory>

#include "base/log.h"
#include "transport/kafka_client.h"
#include "transport/kafka_partition.h"
#include "transport/request_topic.h"

namespace rescind::transport {

class KafkaRequests final : public RequestTopic {
 public:
  // The access's topic is the one of the requests.
  KafkaRequests(KafkaAccess access, Log& log) : access_(std::move(access)), log_(log) {}

  // A cursor's number is the offset of the next message, its term the mark of the one before.
  Result<void> open(Cursor after) override;
  Result<std::vector<Message>> read(Milliseconds wait, std::size_t max_bytes) override;
  Result<void> check(std::size_t max_bytes) override;

 private:
  Result<void> connect();

  KafkaAccess access_;
  Log& log_;
  std::unique_ptr<KafkaClient> client_;
  std::unique_ptr<KafkaPartition> topic_;
};

}  // namespace rescind::transport

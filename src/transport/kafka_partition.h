#pragma once
// One partition, read from an offset on. Blocking; one thread; ends before its client.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "transport/broker_place.h"
#include "transport/kafka_client.h"

namespace rescind::transport {

class KafkaPartition {
 public:
  struct Message {
    std::int64_t offset = 0;
    std::string_view key;
    std::string_view value;
  };
  using Range = BrokerRange;
  // False: enough.
  using Take = std::function<bool(const Message&)>;

  // Partition 0 of the topic. kInvalid: it has others too. kNotFound: there is no such topic.
  static Result<KafkaPartition> open(KafkaClient& client, const std::string& topic);
  KafkaPartition(KafkaPartition&& other) noexcept;
  ~KafkaPartition();

  // What lies there now.
  Result<Range> range();
  // Reads on from here, whatever was read before.
  Result<void> start(std::int64_t offset);
  // What has come, or comes within `wait`, up to where `take` says that it is enough. An error
  // ends the reading: among others, that what comes next is not there any more.
  Result<void> read(Milliseconds wait, const Take& take);
  // All of [from, end) that is still there, until `take` says that it is enough.
  Result<void> read_range(Range range, const Take& take);

 private:
  KafkaPartition(KafkaClient& client, std::string topic)
      : client_(&client), topic_(std::move(topic)) {}
  void stop();

  KafkaClient* client_;
  std::string topic_;
  bool reading_ = false;
};

}  // namespace rescind::transport

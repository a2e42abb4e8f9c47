#pragma once
// The sending end of a feed on Kafka: idempotent, acks=all, in order. Several batches are sent
// before the first is waited for. Blocking, some seconds at most; one thread. The first send of a
// new producer takes up to a second: the publisher's first heartbeat does it.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "feed/ports.h"
#include "transport/kafka_client.h"

namespace rescind::transport {

class KafkaTransport final : public feed::Transport {
 public:
  // kInvalid: an option, or a topic that a feed cannot lie in (kafka_topic.h). A broker that is not
  // reached is no error here: its topic is looked at before the first word is sent.
  static Result<std::unique_ptr<KafkaTransport>> open(KafkaAccess access, Log& log);

  Result<void> publish(const feed::Sealed& batch) override;
  Result<std::size_t> publish_all(std::span<const feed::Sealed> batches) override;
  Result<void> publish_heartbeat(std::string_view jws) override;
  // Whether the topic for them exists; false before the broker was reached.
  bool keeps_snapshots() const override { return keeps_snapshots_; }
  Result<void> publish_snapshot(const feed::Snapshot& snapshot) override;
  Result<void> check() override { return be_ready(); }

 private:
  struct Message {
    std::string_view value;
    std::string_view key;
    bool is_word = true;
  };
  KafkaTransport(KafkaAccess access, Log& log) : access_(std::move(access)), log_(log) {}
  Result<void> be_ready();
  Result<std::vector<KafkaDelivery>> send(const std::string& topic,
                                          std::span<const Message> messages);
  int produce(const std::string& topic, const Message& message, KafkaDelivery& delivery);
  Error failed(int code);

  KafkaAccess access_;
  Log& log_;
  std::unique_ptr<KafkaClient> client_;
  bool checked_ = false;
  bool keeps_snapshots_ = false;
};

}  // namespace rescind::transport

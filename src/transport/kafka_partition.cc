#include "transport/kafka_partition.h"

#include <librdkafka/rdkafka.h>

#include <memory>
#include <utility>

namespace rescind::transport {
namespace {

constexpr int kPartition = 0;

struct MessageDeleter {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using Owned = std::unique_ptr<rd_kafka_message_t, MessageDeleter>;

std::string_view view_of(const void* data, std::size_t size) {
  return {static_cast<const char*>(data), data == nullptr ? 0 : size};
}

}  // namespace

Result<KafkaPartition> KafkaPartition::open(KafkaClient& client, const std::string& topic) {
  TRY_ASSIGN(const int partitions, client.partitions(topic));
  if (partitions != 1) {
    return fail(ErrorCode::kInvalid, "kafka topic '" + topic + "' has " +
                                         std::to_string(partitions) +
                                         " partitions, and one is what is read");
  }
  return KafkaPartition(client, topic);
}

KafkaPartition::KafkaPartition(KafkaPartition&& other) noexcept
    : client_(other.client_),
      topic_(std::move(other.topic_)),
      reading_(std::exchange(other.reading_, false)) {}

KafkaPartition::~KafkaPartition() { stop(); }

void KafkaPartition::stop() {
  if (std::exchange(reading_, false)) rd_kafka_consume_stop(client_->topic(topic_), kPartition);
}

Result<KafkaPartition::Range> KafkaPartition::range() {
  Range range;
  const auto error = rd_kafka_query_watermark_offsets(
      client_->get(), topic_.c_str(), kPartition, &range.first, &range.end,
      static_cast<int>(client_->answer_within().count()));
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return range;
  return std::unexpected(client_->error_of(error, "asking what lies in '" + topic_ + "'"));
}

Result<void> KafkaPartition::start(std::int64_t offset) {
  stop();
  if (rd_kafka_consume_start(client_->topic(topic_), kPartition, offset) != 0) {
    return std::unexpected(
        client_->error_of(rd_kafka_last_error(), "beginning to read '" + topic_ + "'"));
  }
  reading_ = true;
  return {};
}

Result<void> KafkaPartition::read(Milliseconds wait, const Take& take) {
  client_->serve(Milliseconds(0));
  if (client_->unreachable()) {
    return fail(ErrorCode::kUnavailable, "kafka: " + *client_->unreachable());
  }
  rd_kafka_topic_t* const topic = client_->topic(topic_);
  for (int left = static_cast<int>(wait.count());; left = 0) {
    const Owned message(rd_kafka_consume(topic, kPartition, left));
    if (message == nullptr) return {};
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return std::unexpected(client_->error_of(message->err, "reading '" + topic_ + "'"));
    }
    const Message taken{.offset = message->offset,
                        .key = view_of(message->key, message->key_len),
                        .value = view_of(message->payload, message->len)};
    if (!take(taken)) return {};
  }
}

Result<void> KafkaPartition::read_range(Range range, const Take& take) {
  if (range.first >= range.end) return {};
  TRY(start(range.first));
  const SystemClock clock;
  bool more = true;
  for (BootTime heard = clock.now().boot; more;) {
    bool any = false;
    TRY(read(Milliseconds(100), [&](const Message& message) {
      any = true;
      more = message.offset < range.end && take(message) && message.offset + 1 < range.end;
      return more;
    }));
    if (any) heard = clock.now().boot;
    if (clock.now().boot - heard > client_->answer_within()) {
      return fail(ErrorCode::kTimeout, "kafka: nothing more comes of '" + topic_ + "'");
    }
  }
  stop();
  return {};
}

}  // namespace rescind::transport

#include "transport/kafka_requests.h"

#include <utility>

#include "transport/kafka_topic.h"

namespace rescind::transport {
namespace {

constexpr std::size_t kAtOnce = 64;

// Whether the message before the cursor is the one that was read there.
Result<bool> is_of(KafkaPartition& topic, KafkaPartition::Range all, RequestTopic::Cursor cursor) {
  const auto next = static_cast<std::int64_t>(cursor.number);
  if (next <= all.first || next > all.end) return false;
  bool same = false;
  const auto read = topic.read_range({.first = next - 1, .end = next}, [&](const auto& message) {
    same = message.offset + 1 == next && mark_of(message.value) == cursor.term;
    return false;
  });
  if (!read && read.error().code != ErrorCode::kTimeout) return std::unexpected(read.error());
  return same;
}

}  // namespace

Result<void> KafkaRequests::connect() {
  topic_.reset();
  client_.reset();
  TRY_ASSIGN(client_, KafkaClient::open(access_, KafkaClient::End::kReceiving, log_));
  return {};
}

Result<void> KafkaRequests::open(Cursor after) {
  TRY(connect());
  auto partition = KafkaPartition::open(*client_, access_.topic);
  if (!partition && partition.error().code == ErrorCode::kNotFound) {
    TRY(check_requests_topic(*client_, access_, 0));  // which says how it is made
  }
  if (!partition) return std::unexpected(std::move(partition).error());
  topic_ = std::make_unique<KafkaPartition>(*std::move(partition));
  TRY_ASSIGN(const KafkaPartition::Range all, topic_->range());
  TRY_ASSIGN(const bool goes_on, is_of(*topic_, all, after));
  return topic_->start(goes_on ? static_cast<std::int64_t>(after.number) : all.first);
}

Result<std::vector<RequestTopic::Message>> KafkaRequests::read(Milliseconds wait,
                                                               std::size_t max_bytes) {
  if (!topic_) return fail(ErrorCode::kUnavailable, "kafka: not opened");
  std::vector<Message> messages;
  TRY(topic_->read(wait, [&](const KafkaPartition::Message& message) {
    const bool is_too_large = message.value.size() > max_bytes;
    messages.push_back({.cursor = {.term = mark_of(message.value),
                                   .number = static_cast<std::uint64_t>(message.offset) + 1},
                        .text = is_too_large ? std::string() : std::string(message.value),
                        .is_too_large = is_too_large});
    return messages.size() < kAtOnce;
  }));
  return messages;
}

Result<void> KafkaRequests::check(std::size_t max_bytes) {
  TRY(connect());
  return check_requests_topic(*client_, access_, max_bytes);
}

}  // namespace rescind::transport

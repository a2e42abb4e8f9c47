#include "transport/kafka_requests.h"

#include <utility>

namespace rescind::transport {
namespace {

constexpr std::size_t kAtOnce = 64;
constexpr std::uint64_t kRead = 1;  // the term of a cursor that has read something

}  // namespace

Result<void> KafkaRequests::open(Cursor after) {
  topic_.reset();
  client_.reset();
  TRY_ASSIGN(client_, KafkaClient::open(access_, KafkaClient::End::kReceiving, log_));
  TRY_ASSIGN(auto partition,
             KafkaPartition::open(*client_, access_.topic + std::string(kRequestsSuffix)));
  topic_ = std::make_unique<KafkaPartition>(std::move(partition));
  TRY_ASSIGN(const KafkaPartition::Range all, topic_->range());
  const auto next = static_cast<std::int64_t>(after.number);
  const bool is_there = after.term == kRead && next >= all.first && next <= all.end;
  return topic_->start(is_there ? next : all.first);
}

Result<std::vector<RequestTopic::Message>> KafkaRequests::read(Milliseconds wait,
                                                               std::size_t max_bytes) {
  if (!topic_) return fail(ErrorCode::kUnavailable, "kafka: not opened");
  std::vector<Message> messages;
  TRY(topic_->read(wait, [&](const KafkaPartition::Message& message) {
    const bool is_too_large = message.value.size() > max_bytes;
    messages.push_back(
        {.cursor = {.term = kRead, .number = static_cast<std::uint64_t>(message.offset) + 1},
         .text = is_too_large ? std::string() : std::string(message.value),
         .is_too_large = is_too_large});
    return messages.size() < kAtOnce;
  }));
  return messages;
}

}  // namespace rescind::transport

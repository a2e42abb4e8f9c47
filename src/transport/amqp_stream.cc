#include "transport/amqp_stream.h"

#include <utility>

namespace rescind::transport {
namespace {

// How many messages are under way while reading on, and while looking around.
constexpr std::uint16_t kAhead = 2000;
constexpr std::uint16_t kAheadOfProbe = 16;
// So long a stream may take to show its first message; longer, and it counts as empty.
constexpr Milliseconds kFirstMessage{500};

AmqpStream::Message shown(const AmqpDelivery& delivery) {
  return {.offset = delivery.offset, .body = delivery.body, .is_too_large = delivery.too_large};
}

}  // namespace

Result<void> AmqpStream::start(const AmqpValue& from) { return start(from, kAhead); }

Result<void> AmqpStream::start(const AmqpValue& from, std::uint16_t ahead) {
  if (!consumer_.empty()) TRY(client_->cancel(std::exchange(consumer_, {})));
  // What still comes for the one before is told apart by its name.
  std::string consumer = "reading-" + std::to_string(++readings_);
  TRY(client_->consume(queue_, consumer, from, ahead));
  consumer_ = std::move(consumer);
  last_offset_ = -1;
  return {};
}

// Not yet acknowledged.
Result<std::optional<AmqpDelivery>> AmqpStream::next(Milliseconds wait) {
  for (;;) {
    TRY_ASSIGN(auto event, client_->next(wait));
    if (!event) return std::nullopt;
    auto* const delivery = std::get_if<AmqpDelivery>(&*event);
    if (delivery == nullptr) {
      return fail(ErrorCode::kCorrupt, "amqp: the broker confirms what nobody has published");
    }
    if (delivery->consumer != consumer_) continue;
    if (delivery->offset <= last_offset_) {
      return fail(ErrorCode::kCorrupt, "amqp: the stream goes backwards");
    }
    last_offset_ = delivery->offset;
    return *delivery;
  }
}

Result<void> AmqpStream::read(Milliseconds wait, const Take& take) {
  std::uint64_t tag = 0;
  for (bool more = true; more; wait = Milliseconds(0)) {
    TRY_ASSIGN(const auto delivery, next(wait));
    if (!delivery) break;
    tag = delivery->tag;
    more = take(shown(*delivery));
  }
  if (tag == 0) return {};
  return client_->acknowledge(tag);
}

Result<void> AmqpStream::read_range(BrokerRange range, const Take& take) {
  if (range.first >= range.end) return {};
  TRY(start(range.first, kAheadOfProbe));
  for (;;) {
    TRY_ASSIGN(const auto delivery, next(answer_within_));
    if (!delivery) {
      return fail(ErrorCode::kTimeout, "amqp: the queue '" + queue_ + "' is not read to its end");
    }
    TRY(client_->acknowledge(delivery->tag));
    const bool within = delivery->offset < range.end;
    if (!within || !take(shown(*delivery))) return {};
    if (delivery->offset + 1 >= range.end) return {};
  }
}

Result<std::optional<std::int64_t>> AmqpStream::first_offset(const AmqpValue& from) {
  TRY(start(from, 1));
  TRY_ASSIGN(const auto delivery, next(kFirstMessage));
  if (!delivery) return std::nullopt;
  TRY(client_->acknowledge(delivery->tag));
  return delivery->offset;
}

Result<std::optional<BrokerRange>> AmqpStream::range() {
  TRY_ASSIGN(const auto first, first_offset("first"));
  if (!first) return std::nullopt;
  TRY_ASSIGN(const auto last, first_offset("last"));
  return BrokerRange{.first = *first, .end = last.value_or(*first) + 1};
}

}  // namespace rescind::transport

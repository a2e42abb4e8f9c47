// Frames to events. A frame is believed only where it fits the one before it.

#include <amqp.h>

#include <algorithm>

#include "transport/amqp_client.h"
#include "transport/amqp_internal.h"
#include "transport/broker.h"

namespace rescind::transport {
namespace {

constexpr std::string_view kOffset = "x-stream-offset";
// More than RabbitMQ can be set to take (512 MiB).
constexpr std::uint64_t kMaxBodyBytes = std::uint64_t{1} << 30U;

std::string_view text_of(amqp_bytes_t bytes) {
  return {static_cast<const char*>(bytes.bytes), bytes.len};
}

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorCode::kCorrupt, "amqp: the broker sends " + std::string(what));
}

// -1: there is none.
std::int64_t offset_of(const amqp_basic_properties_t& properties) {
  if ((properties._flags & AMQP_BASIC_HEADERS_FLAG) == 0) return -1;
  for (int i = 0; i < properties.headers.num_entries; ++i) {
    const amqp_table_entry_t& header = properties.headers.entries[i];
    if (text_of(header.key) != kOffset) continue;
    if (header.value.kind == AMQP_FIELD_KIND_I64) return header.value.value.i64;
    if (header.value.kind == AMQP_FIELD_KIND_I32) return header.value.value.i32;
  }
  return -1;
}

template <typename Close>
Error ended(const amqp_frame_t& frame) {
  const auto* const close = static_cast<const Close*>(frame.payload.method.decoded);
  return {.code = amqp_error_code(close->reply_code, text_of(close->reply_text)),
          .message = "amqp: the broker ends it: " + shown(text_of(close->reply_text))};
}

}  // namespace

Result<std::optional<AmqpEvent>> AmqpClient::next(Milliseconds wait) {
  const SystemClock clock;
  const BootTime end = clock.now().boot + wait;
  for (bool first = true;; first = false) {
    const auto left = std::chrono::ceil<std::chrono::microseconds>(end - clock.now().boot);
    // A message that has begun is had to its end, as far as it is there already.
    if (!first && !partial_ && left.count() <= 0) return std::nullopt;
    const timeval timeout{.tv_sec = std::max<std::int64_t>(0, left.count()) / 1'000'000,
                          .tv_usec = std::max<std::int64_t>(0, left.count()) % 1'000'000};
    amqp_maybe_release_buffers(connection_);  // nothing refers to the last frame any more
    amqp_frame_t frame{};
    const int status = amqp_simple_wait_frame_noblock(connection_, &frame, &timeout);
    if (status == AMQP_STATUS_TIMEOUT) return std::nullopt;
    TRY(sent(status, "waiting for the broker"));
    auto event = take(frame);
    if (!event) dead_ = true;
    if (!event || *event) return event;
  }
}

Result<std::optional<AmqpEvent>> AmqpClient::take(const amqp_frame_t& frame) {
  switch (frame.frame_type) {
    case AMQP_FRAME_METHOD:
      return take_method(frame);
    case AMQP_FRAME_HEADER:
      return take_header(frame);
    case AMQP_FRAME_BODY:
      return take_body(frame);
    default:
      return corrupt("a frame of an unknown type");
  }
}

Result<std::optional<AmqpEvent>> AmqpClient::take_method(const amqp_frame_t& frame) {
  const void* const method = frame.payload.method.decoded;
  switch (frame.payload.method.id) {
    case AMQP_CONNECTION_BLOCKED_METHOD:
      blocked_ = shown(text_of(static_cast<const amqp_connection_blocked_t*>(method)->reason));
      return std::nullopt;
    case AMQP_CONNECTION_UNBLOCKED_METHOD:
      blocked_.clear();
      return std::nullopt;
    case AMQP_CONNECTION_CLOSE_METHOD:
      return std::unexpected(ended<amqp_connection_close_t>(frame));
    case AMQP_CHANNEL_CLOSE_METHOD:
      return std::unexpected(ended<amqp_channel_close_t>(frame));
    case AMQP_BASIC_CANCEL_METHOD:
      return fail(ErrorCode::kGone, "amqp: the queue was deleted, or has moved");
    default:
      break;
  }
  if (frame.channel != kAmqpChannel || partial_) return corrupt("a method where none may be");
  switch (frame.payload.method.id) {
    case AMQP_BASIC_DELIVER_METHOD: {
      const auto* const deliver = static_cast<const amqp_basic_deliver_t*>(method);
      partial_ = AmqpDelivery{.consumer = std::string(text_of(deliver->consumer_tag)),
                              .tag = deliver->delivery_tag};
      return std::nullopt;
    }
    case AMQP_BASIC_RETURN_METHOD:
      partial_ = AmqpReturned{};
      return std::nullopt;
    case AMQP_BASIC_ACK_METHOD: {
      const auto* const ack = static_cast<const amqp_basic_ack_t*>(method);
      return AmqpConfirm{.tag = ack->delivery_tag, .all_before = ack->multiple != 0, .taken = true};
    }
    case AMQP_BASIC_NACK_METHOD: {
      const auto* const nack = static_cast<const amqp_basic_nack_t*>(method);
      return AmqpConfirm{
          .tag = nack->delivery_tag, .all_before = nack->multiple != 0, .taken = false};
    }
    default:
      return corrupt("a method that nobody has asked for");
  }
}

Result<std::optional<AmqpEvent>> AmqpClient::take_header(const amqp_frame_t& frame) {
  const auto& header = frame.payload.properties;
  if (frame.channel != kAmqpChannel || !partial_ || has_header_ ||
      header.class_id != AMQP_BASIC_CLASS || header.body_size > kMaxBodyBytes) {
    return corrupt("a header that fits nothing");
  }
  has_header_ = true;
  missing_ = header.body_size;
  if (auto* const delivery = std::get_if<AmqpDelivery>(&*partial_)) {
    delivery->offset = offset_of(*static_cast<const amqp_basic_properties_t*>(header.decoded));
    if (delivery->offset < 0) return corrupt("a message without an offset: this is no stream");
    delivery->too_large = header.body_size > kMaxBrokerMessageBytes;
  }
  return whole();
}

Result<std::optional<AmqpEvent>> AmqpClient::take_body(const amqp_frame_t& frame) {
  const std::string_view bytes = text_of(frame.payload.body_fragment);
  if (frame.channel != kAmqpChannel || !has_header_ || bytes.empty() || bytes.size() > missing_) {
    return corrupt("a body that fits nothing");
  }
  missing_ -= bytes.size();
  auto* const delivery = std::get_if<AmqpDelivery>(&*partial_);
  if (delivery != nullptr && !delivery->too_large) delivery->body += bytes;
  return whole();
}

std::optional<AmqpEvent> AmqpClient::whole() {
  if (missing_ > 0) return std::nullopt;
  has_header_ = false;
  return std::exchange(partial_, std::nullopt);
}

}  // namespace rescind::transport

#include "transport/amqp_requests.h"

#include <utility>

#include "transport/amqp_queue.h"

namespace rescind::transport {
namespace {

constexpr std::size_t kAtOnce = 64;

// Whether the message before the cursor is the one that was read there. AMQP does not tell where a
// stream ends: nothing comes.
Result<bool> is_of(AmqpStream& stream, RequestTopic::Cursor cursor) {
  const auto next = static_cast<std::int64_t>(cursor.number);
  if (next <= 0) return false;
  bool same = false;
  const auto read = stream.read_range({.first = next - 1, .end = next}, [&](const auto& message) {
    same = message.offset + 1 == next && mark_of(message.body) == cursor.term;
    return false;
  });
  if (!read && read.error().code != ErrorCode::kTimeout) return std::unexpected(read.error());
  return same;
}

}  // namespace

Result<void> AmqpRequests::connect() {
  stream_.reset();
  client_.reset();
  TRY_ASSIGN(client_, AmqpClient::connect(access_));
  return {};
}

Result<void> AmqpRequests::open(Cursor after) {
  TRY(connect());
  const auto found = client_->find_queue(access_.queue);
  if (!found && found.error().code == ErrorCode::kNotFound) {
    TRY(check_queue(*client_, access_, log_));  // which says how it is made
  }
  TRY(found);
  auto stream = std::make_unique<AmqpStream>(*client_, access_.queue, access_.answer_within);
  TRY_ASSIGN(const bool goes_on, is_of(*stream, after));
  next_ = goes_on ? static_cast<std::int64_t>(after.number) : 0;
  TRY(stream->start(next_ > 0 ? AmqpValue(next_ - 1) : AmqpValue("first")));
  stream_ = std::move(stream);
  return {};
}

Result<std::vector<RequestTopic::Message>> AmqpRequests::read(Milliseconds wait,
                                                              std::size_t max_bytes) {
  if (stream_ == nullptr) return fail(ErrorCode::kUnavailable, "amqp: not opened");
  std::vector<Message> messages;
  TRY(stream_->read(wait, [&](const AmqpStream::Message& message) {
    if (message.offset < next_) return true;
    next_ = message.offset + 1;
    const bool is_too_large = message.is_too_large || message.body.size() > max_bytes;
    messages.push_back(
        {.cursor = {.term = mark_of(message.body), .number = static_cast<std::uint64_t>(next_)},
         .text = is_too_large ? std::string() : std::string(message.body),
         .is_too_large = is_too_large});
    return messages.size() < kAtOnce;
  }));
  return messages;
}

// RabbitMQ takes messages of many megabytes.
Result<void> AmqpRequests::check(std::size_t /*max_bytes*/) {
  TRY(connect());
  return check_queue(*client_, access_, log_);
}

}  // namespace rescind::transport

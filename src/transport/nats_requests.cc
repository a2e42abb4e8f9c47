#include "transport/nats_requests.h"

#include <utility>

namespace rescind::transport {
namespace {

constexpr std::size_t kAtOnce = 64;

}  // namespace

Result<void> NatsRequests::open(Cursor after) {
  tail_.reset();
  TRY_ASSIGN(auto client, NatsClient::connect(access_));
  const auto stream = client->stream(access_.stream());
  if (!stream && stream.error().code == ErrorCode::kNotFound) {
    TRY(client->check(access_, requests_need(access_, 0)));  // which says how it is made
  }
  if (!stream) return std::unexpected(stream.error());
  const auto next = static_cast<std::int64_t>(after.number);
  const bool is_there =
      std::cmp_equal(after.term, stream->created) && next > 0 && next <= stream->last + 1;
  TRY_ASSIGN(tail_, NatsTail::start(std::move(client), access_.stream(), access_.subject, *stream,
                                    is_there ? next : 1));
  return {};
}

Result<std::vector<RequestTopic::Message>> NatsRequests::read(Milliseconds wait,
                                                              std::size_t max_bytes) {
  if (tail_ == nullptr) return fail(ErrorCode::kUnavailable, "nats: not opened");
  std::vector<Message> messages;
  TRY(tail_->read(wait, [&](const NatsMessage& message) {
    const bool is_too_large = message.data.size() > max_bytes;
    messages.push_back({.cursor = {.term = static_cast<std::uint64_t>(tail_->created()),
                                   .number = static_cast<std::uint64_t>(message.number) + 1},
                        .text = is_too_large ? std::string() : std::string(message.data),
                        .is_too_large = is_too_large});
    return messages.size() < kAtOnce;
  }));
  return messages;
}

Result<void> NatsRequests::check(std::size_t max_bytes) {
  TRY_ASSIGN(const auto client, NatsClient::connect(access_));
  return client->check(access_, requests_need(access_, max_bytes));
}

}  // namespace rescind::transport

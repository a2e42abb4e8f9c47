#include "transport/nats_tail.h"

namespace rescind::transport {
namespace {

// How long nothing may come before the stream is looked at. A feed's heartbeat comes each second.
constexpr Milliseconds kSilence{1'000};

}  // namespace

Result<std::unique_ptr<NatsTail>> NatsTail::start(std::unique_ptr<NatsClient> client,
                                                  const std::string& stream,
                                                  const std::string& subject,
                                                  const NatsStream& seen, std::int64_t first) {
  TRY(client->start(stream, subject, first));
  return std::unique_ptr<NatsTail>(
      new NatsTail(std::move(client), stream, seen.created, first - 1));
}

Result<void> NatsTail::read(Milliseconds wait, const NatsClient::Take& take) {
  bool any = false;
  TRY(client_->read(wait, [&](const NatsMessage& message) {
    any = true;
    last_ = message.number;
    return take(message);
  }));
  silence_ = any ? Milliseconds(0) : silence_ + wait;
  if (any) behind_ = false;
  if (silence_ >= kSilence) TRY(check_silence());
  return {};
}

Result<void> NatsTail::check_silence() {
  TRY_ASSIGN(const NatsStream stream, client_->stream(stream_));
  silence_ = Milliseconds(0);
  if (stream.created != created_ || stream.last < last_) {
    return fail(ErrorCode::kGone, "nats: the stream was made again");
  }
  const bool more = stream.messages > 0 && stream.last > last_;
  if (more && behind_) {
    return fail(ErrorCode::kTimeout, "nats: what lies there does not come any more");
  }
  behind_ = more;
  return {};
}

}  // namespace rescind::transport

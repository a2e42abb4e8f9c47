#include "transport/amqp_transport.h"

#include <algorithm>
#include <utility>

#include "transport/amqp_queue.h"
#include "transport/broker_snapshot.h"

namespace rescind::transport {
namespace {

// Sent before the first of them is waited for; chunks of a snapshot are large.
constexpr std::size_t kUnderWay = 512;
constexpr std::size_t kUnderWayBytes = std::size_t{8} << 20U;
// So long nothing may be confirmed. The disk of a busy broker takes its time.
constexpr std::chrono::seconds kConfirmWithin{5};
// Heartbeats go only while something is sent or waited for: who has sent nothing for so long may
// have been given up by the broker.
constexpr std::chrono::seconds kIdle{4};

bool of_the_queue(ErrorCode code) {
  return code == ErrorCode::kInvalid || code == ErrorCode::kUnauthorized;
}

}  // namespace

// Messages that are sent one after the other, and which of them are confirmed.
struct AmqpTransport::Sending {
  std::span<const std::string_view> messages;
  std::uint64_t tag_before = 0;  // of the message before the first
  std::vector<bool> confirmed;   // of those that are sent
  std::size_t prefix = 0;        // so many, from the first, are confirmed
  std::size_t bytes = 0;         // sent after them

  std::size_t sent() const { return confirmed.size(); }
  bool has_room() const {
    return sent() < messages.size() && sent() - prefix < kUnderWay &&
           (bytes == 0 || bytes + messages[sent()].size() <= kUnderWayBytes);
  }
  void add() {
    bytes += messages[sent()].size();
    confirmed.push_back(false);
  }
  // False: of no message that is sent.
  bool take(const AmqpConfirm& confirm) {
    if (confirm.tag <= tag_before || confirm.tag > tag_before + sent()) return false;
    const std::size_t last = confirm.tag - tag_before - 1;
    for (std::size_t i = confirm.all_before ? prefix : last; i <= last; ++i) confirmed[i] = true;
    for (; prefix < sent() && confirmed[prefix]; ++prefix) bytes -= messages[prefix].size();
    return true;
  }
};

Result<std::unique_ptr<AmqpTransport>> AmqpTransport::open(AmqpAccess access, Log& log) {
  std::unique_ptr<AmqpTransport> transport(new AmqpTransport(std::move(access), log));
  if (auto ready = transport->be_ready(); !ready) {
    if (of_the_queue(ready.error().code)) return std::unexpected(std::move(ready).error());
    log.warning("amqp not reached yet", {{"why", ready.error().message}});
  }
  return transport;
}

// A connection, and queues that have been found fit since something last went wrong.
Result<void> AmqpTransport::be_ready() {
  const BootTime now = SystemClock().now().boot;
  if (now - used_ > kIdle) client_.reset();
  used_ = now;
  if (client_ != nullptr) return {};
  const auto connected = connect();
  if (!connected) client_.reset();
  return connected;
}

Result<void> AmqpTransport::connect() {
  TRY_ASSIGN(client_, AmqpClient::connect(access_));
  TRY(check_queue(*client_, access_, log_));
  TRY_ASSIGN(keeps_snapshots_, check_snapshot_queue(*client_, access_, log_));
  TRY(client_->expect_confirms());
  published_ = 0;
  return {};
}

Result<void> AmqpTransport::await_confirm(Sending& sending) {
  TRY_ASSIGN(const auto event, client_->next(kConfirmWithin));
  if (!event) {
    const std::string& blocked = client_->blocked();
    return fail(ErrorCode::kTimeout,
                blocked.empty() ? "amqp: the broker confirms nothing"
                                : "amqp: the broker takes nothing at the moment: " + blocked);
  }
  if (std::holds_alternative<AmqpReturned>(*event)) {
    return fail(ErrorCode::kNotFound, "amqp: the queue was deleted");
  }
  const auto* const confirm = std::get_if<AmqpConfirm>(&*event);
  if (confirm == nullptr) return fail(ErrorCode::kCorrupt, "amqp: a message that none asked for");
  if (!confirm->taken) return fail(ErrorCode::kUnavailable, "amqp: the broker could not keep it");
  if (!sending.take(*confirm)) {
    return fail(ErrorCode::kCorrupt, "amqp: the broker confirms what was not published");
  }
  return {};
}

Result<std::size_t> AmqpTransport::send(const std::string& queue,
                                        std::span<const std::string_view> messages) {
  TRY(be_ready());
  Sending sending{.messages = messages, .tag_before = published_};
  while (sending.prefix < messages.size()) {
    Result<void> done;
    if (sending.has_room()) {
      done = client_->publish(queue, messages[sending.sent()]);
      sending.add();
      ++published_;
    } else {
      done = await_confirm(sending);
    }
    if (done) continue;
    client_.reset();
    if (sending.prefix == 0) return std::unexpected(std::move(done).error());
    return sending.prefix;
  }
  used_ = SystemClock().now().boot;
  return messages.size();
}

// Each of them, or the error.
Result<void> AmqpTransport::send_all(const std::string& queue,
                                     std::span<const std::string_view> messages) {
  while (!messages.empty()) {
    TRY_ASSIGN(const std::size_t count, send(queue, messages));
    messages = messages.subspan(count);
  }
  return {};
}

Result<void> AmqpTransport::publish(const feed::Sealed& batch) {
  const std::string_view word = batch.jws;
  TRY(send(access_.queue, {&word, 1}));
  return {};
}

Result<std::size_t> AmqpTransport::publish_all(std::span<const feed::Sealed> batches) {
  if (batches.empty()) return 0;
  std::vector<std::string_view> words;
  words.reserve(batches.size());
  for (const auto& batch : batches) words.emplace_back(batch.jws);
  return send(access_.queue, words);
}

Result<void> AmqpTransport::publish_heartbeat(std::string_view jws) {
  TRY(send(access_.queue, {&jws, 1}));
  return {};
}

// Chunks, and the index last: before that the one before is the newest.
Result<void> AmqpTransport::publish_snapshot(const feed::Snapshot& snapshot) {
  TRY_ASSIGN(const SnapshotIndex index, index_of(snapshot));
  TRY(send_all(access_.snapshot_queue(), chunks_of(snapshot)));
  const std::string encoded = encode(index);
  const std::string_view last = encoded;
  return send_all(access_.snapshot_queue(), {&last, 1});
}

}  // namespace rescind::transport

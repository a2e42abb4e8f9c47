#include "transport/nats_transport.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "transport/broker_snapshot.h"

namespace rescind::transport {
namespace {

// Sent before the first of them is waited for.
constexpr std::size_t kChunksAtOnce = 8;

}  // namespace

Result<std::unique_ptr<NatsTransport>> NatsTransport::open(NatsAccess access, Log& log) {
  std::unique_ptr<NatsTransport> transport(new NatsTransport(std::move(access), log));
  if (auto ready = transport->be_ready(); !ready) {
    const ErrorCode code = ready.error().code;
    if (code == ErrorCode::kInvalid || code == ErrorCode::kUnauthorized) {
      return std::unexpected(std::move(ready).error());
    }
    log.warning("nats not reached yet", {{"why", ready.error().message}});
  }
  return transport;
}

// A connection, and streams that have been found fit since something last went wrong.
Result<void> NatsTransport::be_ready() {
  if (client_ != nullptr) return {};
  TRY_ASSIGN(client_, NatsClient::connect(access_));
  auto fit = client_->check(access_, feed_need(access_));
  if (fit) fit = check_snapshots();
  if (!fit) client_.reset();
  return fit;
}

Result<void> NatsTransport::check_snapshots() {
  const NatsNeed need = snapshot_need(access_);
  const auto stream = client_->stream(need.name);
  keeps_snapshots_ = stream.has_value();
  if (stream) {
    TRY(check_nats_payload(need, client_->max_payload()));
    return check_nats_stream(access_, need, *stream);
  }
  if (stream.error().code != ErrorCode::kNotFound) return std::unexpected(stream.error());
  log_.warning("no nats stream for snapshots: who reaches nothing but NATS cannot start",
               {{"make it by", add_command(access_, need)}});
  return {};
}

Result<std::size_t> NatsTransport::add(std::span<const std::string_view> words) {
  TRY(be_ready());
  NatsPublished published = client_->publish(access_.subject, access_.stream(), words);
  if (published.why) client_.reset();
  if (published.why && published.confirmed == 0) return std::unexpected(*std::move(published.why));
  return published.confirmed;
}

Result<void> NatsTransport::publish(const feed::Sealed& batch) {
  const std::string_view word = batch.jws;
  TRY(add({&word, 1}));
  return {};
}

Result<std::size_t> NatsTransport::publish_all(std::span<const feed::Sealed> batches) {
  if (batches.empty()) return 0;
  std::vector<std::string_view> words;
  words.reserve(batches.size());
  for (const auto& batch : batches) words.emplace_back(batch.jws);
  return add(words);
}

Result<void> NatsTransport::publish_heartbeat(std::string_view jws) {
  TRY(add({&jws, 1}));
  return {};
}

Result<std::int64_t> NatsTransport::add_parts(const std::string& subject,
                                              std::span<const std::string_view> parts) {
  TRY(be_ready());
  NatsPublished published = client_->publish(subject, access_.snapshot_stream(), parts);
  if (!published.why) return published.first;
  client_.reset();
  return std::unexpected(*std::move(published.why));
}

// Chunks, and the index last: before that the one before is the newest. Then all before the one
// before goes; whoever is reading that one still finds it.
Result<void> NatsTransport::publish_snapshot(const feed::Snapshot& snapshot) {
  TRY_ASSIGN(SnapshotIndex index, index_of(snapshot));
  const std::vector<std::string_view> chunks = chunks_of(snapshot);
  index.first_offset = 0;
  for (std::span<const std::string_view> rest = chunks; !rest.empty();) {
    const auto some = rest.first(std::min(rest.size(), kChunksAtOnce));
    TRY_ASSIGN(const std::int64_t first, add_parts(access_.chunk_subject(), some));
    if (index.first_offset == 0) index.first_offset = first;
    rest = rest.subspan(some.size());
  }
  const std::string encoded = encode(index);
  const std::string_view last = encoded;
  TRY(add_parts(access_.index_subject(), {&last, 1}));
  if (last_snapshot_ > 0) {
    const auto purged = client_->purge(access_.snapshot_stream(), last_snapshot_);
    if (!purged) {
      log_.warning("old snapshots stay on nats as long as their stream keeps them",
                   {{"why", purged.error().message}});
    }
  }
  last_snapshot_ = index.first_offset;
  return {};
}

}  // namespace rescind::transport

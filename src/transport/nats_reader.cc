#include "transport/nats_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "transport/broker_place.h"

namespace rescind::transport {
namespace {

constexpr std::size_t kWordsAtOnce = 1024;
constexpr std::size_t kBytesAtOnce = std::size_t{4} << 20U;
// How long nothing may come while something is still to come.
constexpr Milliseconds kRest{2'000};
// How many snapshots may lie there; the publisher keeps two.
constexpr std::size_t kIndexes = 64;

BrokerRange range_of(const NatsStream& stream) {
  if (stream.messages == 0) return {.first = stream.last + 1, .end = stream.last + 1};
  return {.first = std::max<std::int64_t>(1, stream.first), .end = stream.last + 1};
}

Result<std::optional<FoundWord>> first_word(NatsClient& client, const std::string& stream,
                                            BrokerRange range) {
  const std::int64_t end = std::min(range.end, range.first + kProbeMessages);
  for (std::int64_t number = range.first; number < end; ++number) {
    TRY_ASSIGN(const auto message, client.message(stream, number));
    const auto place = message ? place_of(*message) : std::nullopt;
    if (place) return FoundWord{.offset = number, .position = *place};
  }
  return std::nullopt;
}

// All that lies under the subject in [first, end), until `take` says that it is enough.
Result<void> read_all(const NatsAccess& access, const std::string& stream,
                      const std::string& subject, BrokerRange range, const NatsClient::Take& take) {
  TRY_ASSIGN(const auto client, NatsClient::connect(access));
  TRY(client->start(stream, subject, range.first));
  for (bool end = false; !end;) {
    bool any = false;
    TRY(client->read(kRest, [&](const NatsMessage& message) {
      any = true;
      end = message.number >= range.end || !take(message) || message.left == 0;
      return !end;
    }));
    if (!any) break;
  }
  return {};
}

struct Index {
  std::int64_t number = 0;
  SnapshotIndex index;
};

// The newest last.
Result<std::vector<Index>> indexes_of(const NatsAccess& access, BrokerRange range) {
  std::vector<Index> found;
  const auto take = [&](const NatsMessage& message) {
    auto index = decode_snapshot_index(message.data);
    if (!index || index->first_offset >= message.number) return true;
    if (found.size() == kIndexes) found.erase(found.begin());
    found.push_back({.number = message.number, .index = *std::move(index)});
    return true;
  };
  TRY(read_all(access, access.snapshot_stream(), access.index_subject(), range, take));
  return found;
}

// Nothing where some of its chunks are not there any more.
Result<std::optional<feed::Snapshot>> assemble(const NatsAccess& access, Index index) {
  const BrokerRange range{.first = std::max<std::int64_t>(1, index.index.first_offset),
                          .end = index.number};
  SnapshotAssembly assembly(std::move(index.index));
  if (!assembly.complete()) {
    TRY(read_all(access, access.snapshot_stream(), access.chunk_subject(), range,
                 [&](const NatsMessage& message) {
                   assembly.take(message.data);
                   return !assembly.complete();
                 }));
  }
  if (!assembly.complete()) return std::nullopt;
  return assembly.snapshot();
}

}  // namespace

Result<void> NatsReader::open(feed::Position after) {
  tail_.reset();
  TRY_ASSIGN(auto client, NatsClient::connect(access_));
  const std::string name = access_.stream();
  TRY_ASSIGN(const NatsStream stream, client->stream(name));
  TRY_ASSIGN(const std::int64_t first,
             offset_after(range_of(stream), after,
                          [&](BrokerRange range) { return first_word(*client, name, range); }));
  TRY_ASSIGN(tail_, NatsTail::start(std::move(client), name, access_.subject, stream, first));
  return {};
}

Result<std::vector<std::string>> NatsReader::read(Milliseconds wait) {
  if (tail_ == nullptr) return fail(ErrorCode::kUnavailable, "nats: not opened");
  std::vector<std::string> words;
  std::size_t bytes = 0;
  TRY(tail_->read(wait, [&](const NatsMessage& message) {
    if (!message.data.empty() && message.data.size() <= kMaxBrokerMessageBytes) {
      bytes += message.data.size();
      words.emplace_back(message.data);
    }
    return words.size() < kWordsAtOnce && bytes < kBytesAtOnce;
  }));
  return words;
}

Result<feed::Snapshot> NatsReader::snapshot() {
  const std::string name = access_.snapshot_stream();
  TRY_ASSIGN(const auto client, NatsClient::connect(access_));
  TRY_ASSIGN(const NatsStream stream, client->stream(name));
  const BrokerRange range = range_of(stream);
  std::vector<Index> indexes;
  if (range.first < range.end) {
    TRY_ASSIGN(indexes, indexes_of(access_, range));
  }
  for (; !indexes.empty(); indexes.pop_back()) {
    TRY_ASSIGN(auto snapshot, assemble(access_, std::move(indexes.back())));
    if (snapshot) return *std::move(snapshot);
  }
  return fail(ErrorCode::kNotFound, "there is no snapshot in the nats stream '" + name + "'");
}

}  // namespace rescind::transport

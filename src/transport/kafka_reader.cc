#include "transport/kafka_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "transport/broker_place.h"
#include "transport/broker_snapshot.h"

namespace rescind::transport {
namespace {

using Message = KafkaPartition::Message;
using Range = KafkaPartition::Range;

// How much larger each next step back from the end is, looking for a snapshot.
constexpr std::int64_t kStepGrowth = 8;

constexpr std::size_t kWordsAtOnce = 1024;
constexpr std::size_t kBytesAtOnce = std::size_t{4} << 20U;

Result<std::optional<FoundWord>> first_word(KafkaPartition& partition, Range range) {
  std::optional<FoundWord> found;
  int left = kProbeMessages;
  TRY(partition.read_range(range, [&](const Message& message) {
    const auto place = place_of(message.value);
    if (place) found = FoundWord{.offset = message.offset, .position = *place};
    return !found && --left > 0;
  }));
  return found;
}

// The offset of the newest index in the range, if there is one.
Result<std::optional<std::int64_t>> newest_index(KafkaPartition& partition, Range range,
                                                 SnapshotIndex& index) {
  std::optional<std::int64_t> found;
  TRY(partition.read_range(range, [&](const Message& message) {
    if (message.key != kSnapshotIndexKey) return true;
    auto decoded = decode_snapshot_index(message.value);
    if (decoded && decoded->first_offset <= message.offset) {
      index = *std::move(decoded);
      found = message.offset;
    }
    return true;
  }));
  return found;
}

// Nothing where some of its chunks are not there any more.
Result<std::optional<feed::Snapshot>> assemble(KafkaPartition& partition, SnapshotIndex index,
                                               Range range) {
  SnapshotAssembly assembly(std::move(index));
  TRY(partition.read_range(range, [&](const Message& message) {
    assembly.take(message.value);
    return !assembly.complete();
  }));
  if (!assembly.complete()) return std::nullopt;
  return assembly.snapshot();
}

}  // namespace

Result<void> KafkaReader::connect() {
  feed_.reset();
  client_.reset();
  TRY_ASSIGN(client_, KafkaClient::open(access_, KafkaClient::End::kReceiving, log_));
  return {};
}

Result<void> KafkaReader::open(feed::Position after) {
  TRY(connect());
  TRY_ASSIGN(auto partition, KafkaPartition::open(*client_, access_.topic));
  feed_ = std::make_unique<KafkaPartition>(std::move(partition));
  TRY_ASSIGN(const Range all, feed_->range());
  TRY_ASSIGN(const std::int64_t offset,
             offset_after(all, after, [this](Range range) { return first_word(*feed_, range); }));
  heard_ = SystemClock().now().boot;
  return feed_->start(offset);
}

Result<std::vector<std::string>> KafkaReader::read(Milliseconds wait) {
  if (feed_ == nullptr) return fail(ErrorCode::kUnavailable, "kafka: not opened");
  std::vector<std::string> words;
  std::size_t bytes = 0;
  bool any = false;
  TRY(feed_->read(wait, [&](const Message& message) {
    any = true;
    if (!message.value.empty() && message.value.size() <= kMaxBrokerMessageBytes) {
      bytes += message.value.size();
      words.emplace_back(message.value);
    }
    return words.size() < kWordsAtOnce && bytes < kBytesAtOnce;
  }));
  const BootTime now = SystemClock().now().boot;
  if (any) heard_ = now;
  // A heartbeat comes each second: this is the end of a topic that was deleted, or of a connection
  // that nobody has ended.
  if (now - heard_ > access_.longest_silence) {
    return fail(ErrorCode::kTimeout, "kafka topic '" + access_.topic + "': nothing has come for " +
                                         std::to_string(access_.longest_silence.count()) +
                                         " ms, not even a heartbeat");
  }
  return words;
}

Result<feed::Snapshot> KafkaReader::snapshot() {
  const std::string topic = access_.snapshot_topic();
  const auto none = [&] {
    return fail(ErrorCode::kNotFound, "there is no snapshot in the kafka topic '" + topic + "'");
  };
  TRY(connect());
  TRY_ASSIGN(auto partition, KafkaPartition::open(*client_, topic));
  TRY_ASSIGN(Range left, partition.range());
  // Ever larger parts from the end backwards: the newest index is mostly the last message.
  for (std::int64_t step = 1; left.first < left.end; step *= kStepGrowth) {
    const Range part{.first = std::max(left.first, left.end - step), .end = left.end};
    SnapshotIndex index;
    TRY_ASSIGN(const auto found, newest_index(partition, part, index));
    left.end = found.value_or(part.first);
    if (!found) continue;
    const Range chunks{.first = std::max(left.first, index.first_offset), .end = *found};
    TRY_ASSIGN(auto snapshot, assemble(partition, std::move(index), chunks));
    if (snapshot) return *std::move(snapshot);
  }
  return none();
}

}  // namespace rescind::transport

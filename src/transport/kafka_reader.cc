#include "transport/kafka_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "transport/kafka_snapshot.h"

namespace rescind::transport {
namespace {

using Message = KafkaPartition::Message;
using Range = KafkaPartition::Range;

// The first step back from the end, and how much larger each next one is.
constexpr std::int64_t kFirstStep = 64;
constexpr std::int64_t kStepGrowth = 8;
// So near is near enough: what is read twice is known, and costs microseconds.
constexpr std::int64_t kNearEnough = 512;
// Messages that are no words, in a row, before a probe looks elsewhere.
constexpr int kProbe = 64;

constexpr std::size_t kWordsAtOnce = 1024;
constexpr std::size_t kBytesAtOnce = std::size_t{4} << 20U;

// What a word says about where the feed was when it was written: all up to there lies before it, or
// comes again after it.
std::optional<feed::Position> place_of(std::string_view jws) {
  const auto word = feed::read_word(jws);
  if (!word) return std::nullopt;
  if (const auto* batch = std::get_if<feed::Batch>(&word->content)) return batch->position;
  return std::get<feed::Heartbeat>(word->content).head;
}

struct Found {
  std::int64_t offset = 0;
  feed::Position position;
};

Result<std::optional<Found>> first_word(KafkaPartition& partition, Range range) {
  std::optional<Found> found;
  int left = kProbe;
  TRY(partition.read_range(range, [&](const Message& message) {
    const auto place = place_of(message.value);
    if (place) found = Found{.offset = message.offset, .position = *place};
    return !found && --left > 0;
  }));
  return found;
}

// From the end backwards to a word no later than `after`, then nearer by halves. A topic that
// holds no such word is read from its beginning.
Result<std::int64_t> offset_after(KafkaPartition& partition, feed::Position after) {
  TRY_ASSIGN(const Range all, partition.range());
  if (after == feed::Position{}) return all.first;
  std::int64_t late = all.end;  // from here on all is later than `after`
  std::optional<std::int64_t> early;
  for (std::int64_t step = kFirstStep; late > all.first && !early; step *= kStepGrowth) {
    const std::int64_t at = std::max(all.first, all.end - step);
    TRY_ASSIGN(const auto found, first_word(partition, {.first = at, .end = late}));
    if (found && found->position <= after) early = found->offset;
    if (!early) late = at;
  }
  if (!early) return all.first;
  while (late - *early > kNearEnough) {
    const std::int64_t middle = *early + (late - *early) / 2;
    TRY_ASSIGN(const auto found, first_word(partition, {.first = middle, .end = late}));
    if (found && found->position <= after) {
      early = found->offset;
    } else {
      late = middle;
    }
  }
  return *early;
}

// The newest index in the range, if there is one.
Result<std::optional<Found>> newest_index(KafkaPartition& partition, Range range,
                                          SnapshotIndex& index) {
  std::optional<Found> found;
  TRY(partition.read_range(range, [&](const Message& message) {
    if (message.key != kSnapshotIndexKey) return true;
    auto decoded = decode_snapshot_index(message.value);
    if (decoded && decoded->first_offset <= message.offset) {
      index = *std::move(decoded);
      found = Found{.offset = message.offset, .position = {}};
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
  TRY_ASSIGN(const std::int64_t offset, offset_after(*feed_, after));
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
    left.end = found ? found->offset : part.first;
    if (!found) continue;
    const Range chunks{.first = std::max(left.first, index.first_offset), .end = found->offset};
    TRY_ASSIGN(auto snapshot, assemble(partition, std::move(index), chunks));
    if (snapshot) return *std::move(snapshot);
  }
  return none();
}

}  // namespace rescind::transport

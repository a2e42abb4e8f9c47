#include "transport/amqp_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "transport/broker_snapshot.h"

namespace rescind::transport {
namespace {

using Message = AmqpStream::Message;

constexpr std::size_t kWordsAtOnce = 1024;
constexpr std::size_t kBytesAtOnce = std::size_t{4} << 20U;
// How much larger each next step back from the end is, looking for a snapshot.
constexpr std::int64_t kStepGrowth = 8;
// Messages at the end of a stream come within so long of each other.
constexpr Milliseconds kEnd{300};
// Offsets among a snapshot's chunks that are not its own.
constexpr std::int64_t kForeignOffsets = 16;
// Who writes indexes without chunks does not keep us looking for ever.
constexpr int kMostIndexes = 16;

Result<std::optional<FoundWord>> first_word(AmqpStream& stream, BrokerRange range) {
  std::optional<FoundWord> found;
  int left = kProbeMessages;
  TRY(stream.read_range(range, [&](const Message& message) {
    const auto place = place_of(message.body);
    if (place) found = FoundWord{.offset = message.offset, .position = *place};
    return !found && --left > 0;
  }));
  return found;
}

struct FoundIndex {
  std::int64_t offset = 0;
  SnapshotIndex index;
};

// Keeps the newest index that it is shown.
struct NewestIndex {
  std::optional<FoundIndex> found;
  bool operator()(const Message& message) {
    if (auto index = decode_snapshot_index(message.body)) {
      found = FoundIndex{.offset = message.offset, .index = *std::move(index)};
    }
    return true;
  }
};

// From the last chunk to wherever the stream ends now.
Result<NewestIndex> newest_at_end(AmqpStream& stream) {
  NewestIndex newest;
  TRY(stream.start("last"));
  for (bool any = true; any;) {
    any = false;
    TRY(stream.read(kEnd, [&](const Message& message) {
      any = true;
      return newest(message);
    }));
  }
  return newest;
}

// Its chunks lie before it, mostly right before it. Nothing where some are not there any more.
Result<std::optional<feed::Snapshot>> assemble(AmqpStream& stream, std::int64_t first,
                                               const FoundIndex& found) {
  const auto count = static_cast<std::int64_t>(found.index.chunks());
  for (std::int64_t back = count + kForeignOffsets;; back *= kStepGrowth) {
    const BrokerRange range{.first = std::max(first, found.offset - back), .end = found.offset};
    SnapshotAssembly assembly(found.index);
    TRY(stream.read_range(range, [&](const Message& message) {
      assembly.take(message.body);
      return !assembly.complete();
    }));
    if (assembly.complete()) return assembly.snapshot();
    if (range.first == first) return std::nullopt;
  }
}

}  // namespace

Result<AmqpStream> AmqpReader::connect(const std::string& queue) {
  feed_.reset();
  client_.reset();
  TRY_ASSIGN(client_, AmqpClient::connect(access_));
  TRY(client_->find_queue(queue));
  return AmqpStream(*client_, queue, access_.answer_within);
}

Result<void> AmqpReader::open(feed::Position after) {
  TRY_ASSIGN(AmqpStream stream, connect(access_.queue));
  AmqpValue from = "first";
  if (after != feed::Position{}) {
    TRY_ASSIGN(const auto all, stream.range());
    if (all) {
      TRY_ASSIGN(from, offset_after(*all, after, [&stream](BrokerRange range) {
                   return first_word(stream, range);
                 }));
    }
  }
  TRY(stream.start(from));
  feed_ = std::make_unique<AmqpStream>(std::move(stream));
  heard_ = SystemClock().now().boot;
  return {};
}

Result<std::vector<std::string>> AmqpReader::read(Milliseconds wait) {
  if (feed_ == nullptr) return fail(ErrorCode::kUnavailable, "amqp: not opened");
  std::vector<std::string> words;
  std::size_t bytes = 0;
  bool any = false;
  TRY(feed_->read(wait, [&](const Message& message) {
    any = true;
    if (!message.body.empty()) {
      bytes += message.body.size();
      words.emplace_back(message.body);
    }
    return words.size() < kWordsAtOnce && bytes < kBytesAtOnce;
  }));
  const BootTime now = SystemClock().now().boot;
  if (any) heard_ = now;
  // A heartbeat of the feed comes each second: this is a broker that stands still, or a publisher.
  if (now - heard_ > access_.longest_silence) {
    return fail(ErrorCode::kTimeout,
                "amqp: in the queue '" + access_.queue + "' nothing has come for " +
                    std::to_string(access_.longest_silence.count()) + " ms, not even a heartbeat");
  }
  return words;
}

Result<feed::Snapshot> AmqpReader::snapshot() {
  const auto none = [this] {
    return fail(ErrorCode::kNotFound,
                "there is no snapshot in the amqp queue '" + access_.snapshot_queue() + "'");
  };
  TRY_ASSIGN(AmqpStream stream, connect(access_.snapshot_queue()));
  TRY_ASSIGN(const auto all, stream.range());
  if (!all) return none();
  TRY_ASSIGN(NewestIndex newest, newest_at_end(stream));
  // Then ever larger parts before it, down to one whose chunks are all there.
  std::int64_t end = all->end;
  int indexes = 0;
  for (std::int64_t step = 1;; step *= kStepGrowth) {
    if (newest.found) {
      if (++indexes > kMostIndexes) return none();
      TRY_ASSIGN(auto snapshot, assemble(stream, all->first, *newest.found));
      if (snapshot) return *std::move(snapshot);
      end = std::min(end, newest.found->offset);
    }
    if (end <= all->first) return none();
    const BrokerRange part{.first = std::max(all->first, end - step), .end = end};
    newest = {};
    TRY(stream.read_range(part, [&](const Message& message) { return newest(message); }));
    end = newest.found ? newest.found->offset : part.first;
  }
}

}  // namespace rescind::transport

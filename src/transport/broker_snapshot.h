#pragma once
// A snapshot as messages of a broker's log: the manifest and the segments in chunks, and last an
// index that says which chunks there are, by digest, and at which offset the first of them lies. So
// the newest index is found from the end, and everything before it that is not its own is passed
// over. Pure. The signature is the manifest's; digests here find what is damaged or missing.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "feed/ports.h"

namespace rescind::transport {

inline constexpr std::size_t kBrokerChunkBytes = 900'000;
// More than 100 million entries; what is larger is no snapshot that a follower could hold.
inline constexpr std::size_t kMaxBrokerSnapshotChunks = 4096;
inline constexpr std::string_view kSnapshotIndexKey = "index";

// Where the chunks of a snapshot's parts are: the manifest is the first part, its segments follow.
struct SnapshotIndex {
  std::int64_t first_offset = 0;
  std::vector<std::vector<Digest>> parts;

  std::size_t chunks() const;
};

// Views into the snapshot, in the order in which they are sent.
std::vector<std::string_view> chunks_of(const feed::Snapshot& snapshot);
// kTooLarge: past kMaxBrokerSnapshotChunks.
Result<SnapshotIndex> index_of(const feed::Snapshot& snapshot);

std::string encode(const SnapshotIndex& index);
// kCorrupt.
Result<SnapshotIndex> decode_snapshot_index(std::string_view bytes);

// Takes messages until it has all that an index names.
class SnapshotAssembly {
 public:
  explicit SnapshotAssembly(SnapshotIndex index);
  // True where the chunk was one that it lacked.
  bool take(std::string_view chunk);
  bool complete() const { return missing_ == 0; }
  // Once it is complete.
  feed::Snapshot snapshot() const;

 private:
  SnapshotIndex index_;
  std::map<Digest, std::string> chunks_;
  std::size_t missing_;
};

}  // namespace rescind::transport

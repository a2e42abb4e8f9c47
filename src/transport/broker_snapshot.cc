#include "transport/broker_snapshot.h"

#include <algorithm>

#include "base/check.h"

namespace rescind::transport {
namespace {

constexpr std::string_view kMagic = "rescind snapshot 1\n";

std::vector<std::string_view> split(std::string_view part) {
  std::vector<std::string_view> chunks;
  for (; !part.empty(); part.remove_prefix(std::min(part.size(), kBrokerChunkBytes))) {
    chunks.push_back(part.substr(0, kBrokerChunkBytes));
  }
  return chunks;
}

std::vector<Digest> digests_of(std::string_view part) {
  std::vector<Digest> digests;
  for (const std::string_view chunk : split(part)) digests.push_back(sha256(chunk));
  return digests;
}

// Takes big-endian integers and digests off the front; once something was missing, all is.
class Cursor {
 public:
  explicit Cursor(std::string_view rest) : rest_(rest) {}
  std::uint32_t u32() {
    const ByteView bytes = take(4);
    return bytes.empty() ? 0 : get_u32(bytes.data());
  }
  std::uint64_t u64() {
    const ByteView bytes = take(8);
    return bytes.empty() ? 0 : get_u64(bytes.data());
  }
  Digest digest() {
    Digest digest{};
    std::ranges::copy(take(digest.size()), digest.begin());
    return digest;
  }
  bool good() const { return good_; }
  bool at_end() const { return good_ && rest_.empty(); }

 private:
  ByteView take(std::size_t count) {
    good_ = good_ && rest_.size() >= count;
    if (!good_) return {};
    const ByteView taken = bytes_of(rest_.substr(0, count));
    rest_.remove_prefix(count);
    return taken;
  }
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace

std::size_t SnapshotIndex::chunks() const {
  std::size_t count = 0;
  for (const auto& part : parts) count += part.size();
  return count;
}

std::vector<std::string_view> chunks_of(const feed::Snapshot& snapshot) {
  std::vector<std::string_view> chunks = split(snapshot.manifest);
  for (const std::string& segment : snapshot.segments) {
    const auto more = split(segment);
    chunks.insert(chunks.end(), more.begin(), more.end());
  }
  return chunks;
}

Result<SnapshotIndex> index_of(const feed::Snapshot& snapshot) {
  SnapshotIndex index;
  index.parts.push_back(digests_of(snapshot.manifest));
  for (const std::string& segment : snapshot.segments) {
    index.parts.push_back(digests_of(segment));
  }
  if (index.chunks() > kMaxBrokerSnapshotChunks || index.parts.size() > kMaxBrokerSnapshotChunks) {
    return fail(ErrorCode::kTooLarge, "the snapshot is too large for a broker");
  }
  return index;
}

std::string encode(const SnapshotIndex& index) {
  std::string bytes(kMagic);
  put_u64(bytes, static_cast<std::uint64_t>(index.first_offset));
  put_u32(bytes, static_cast<std::uint32_t>(index.parts.size()));
  for (const auto& part : index.parts) {
    put_u32(bytes, static_cast<std::uint32_t>(part.size()));
    for (const Digest& digest : part) bytes += text_of(digest);
  }
  return bytes;
}

Result<SnapshotIndex> decode_snapshot_index(std::string_view bytes) {
  const auto corrupt = [] {
    return fail(ErrorCode::kCorrupt, "a snapshot's index at the broker is damaged");
  };
  if (!bytes.starts_with(kMagic)) return corrupt();
  Cursor cursor(bytes.substr(kMagic.size()));
  SnapshotIndex index;
  index.first_offset = static_cast<std::int64_t>(cursor.u64());
  const std::uint32_t parts = cursor.u32();
  if (index.first_offset < 0 || parts == 0 || parts > kMaxBrokerSnapshotChunks) return corrupt();
  std::size_t chunks = 0;
  for (std::uint32_t i = 0; i < parts && cursor.good(); ++i) {
    const std::uint32_t count = cursor.u32();
    chunks += count;
    if (chunks > kMaxBrokerSnapshotChunks) return corrupt();
    auto& part = index.parts.emplace_back();
    for (std::uint32_t j = 0; j < count && cursor.good(); ++j) part.push_back(cursor.digest());
  }
  if (!cursor.at_end()) return corrupt();
  return index;
}

SnapshotAssembly::SnapshotAssembly(SnapshotIndex index) : index_(std::move(index)) {
  for (const auto& part : index_.parts) {
    for (const Digest& digest : part) chunks_[digest];
  }
  missing_ = chunks_.size();
}

bool SnapshotAssembly::take(std::string_view chunk) {
  if (chunk.empty() || chunk.size() > kBrokerChunkBytes) return false;
  const auto place = chunks_.find(sha256(chunk));
  if (place == chunks_.end() || !place->second.empty()) return false;
  place->second = chunk;
  --missing_;
  return true;
}

feed::Snapshot SnapshotAssembly::snapshot() const {
  CHECK(complete());
  const auto join = [this](const std::vector<Digest>& digests) {
    std::string part;
    for (const Digest& digest : digests) part += chunks_.at(digest);
    return part;
  };
  feed::Snapshot snapshot{.manifest = join(index_.parts.front()), .segments = {}};
  for (std::size_t i = 1; i < index_.parts.size(); ++i) {
    snapshot.segments.push_back(join(index_.parts[i]));
  }
  return snapshot;
}

}  // namespace rescind::transport

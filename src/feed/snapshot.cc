#include "feed/snapshot.h"

#include "revocation/segment.h"

namespace rescind::feed {

Result<Snapshot> make_snapshot(Manifest manifest, std::vector<revocation::Entry> entries,
                               const jwt::SigningKey& key) {
  Snapshot snapshot;
  snapshot.segments = revocation::encode_segments(std::move(entries));
  manifest.segments.clear();
  for (const auto& segment : snapshot.segments) manifest.segments.push_back(sha256(segment));
  TRY_ASSIGN(snapshot.manifest, seal(manifest, key));
  return snapshot;
}

Result<std::vector<revocation::Entry>> read_segments(const std::vector<std::string>& segments,
                                                     const std::vector<Digest>& digests) {
  if (segments.size() != digests.size()) {
    return fail(ErrorCode::kCorrupt, "a snapshot with other segments than its manifest names");
  }
  std::vector<revocation::Entry> entries;
  std::size_t count = 0;
  for (const auto& segment : segments) {
    TRY_ASSIGN(const auto reader, revocation::SegmentReader::open(segment));
    count += reader.left();
  }
  entries.reserve(count);
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (sha256(segments[i]) != digests[i]) {
      return fail(ErrorCode::kCorrupt, "a snapshot's segment is damaged");
    }
    TRY(revocation::decode_segment(
        segments[i], [&entries](const revocation::Entry& entry) { entries.push_back(entry); }));
  }
  return entries;
}

Result<OpenedSnapshot> open_snapshot(const Snapshot& snapshot, const jwt::KeySet& keys) {
  OpenedSnapshot opened;
  TRY_ASSIGN(opened.manifest, open_manifest(snapshot.manifest, keys));
  TRY_ASSIGN(opened.entries, read_segments(snapshot.segments, opened.manifest.segments));
  return opened;
}

}  // namespace rescind::feed

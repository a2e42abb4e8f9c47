#pragma once
// A snapshot, made and opened: the signed manifest and the segments of entries that it names. Pure.

#include <vector>

#include "feed/manifest.h"
#include "feed/ports.h"
#include "revocation/revocation.h"

namespace rescind::feed {

// `manifest` without its segments' digests, which are of these entries. The entries are all that
// live at the manifest's position, at least.
Result<Snapshot> make_snapshot(Manifest manifest, std::vector<revocation::Entry> entries,
                               const jwt::SigningKey& key);

// A manifest that is believed, with segments that are the ones it names.
struct OpenedSnapshot {
  Manifest manifest;
  std::vector<revocation::Entry> entries;
};
// All or nothing: kCorrupt where the signature, a digest or a record is not right.
Result<OpenedSnapshot> open_snapshot(const Snapshot& snapshot, const jwt::KeySet& keys);

// The records of segments whose digests are these, in this order. kCorrupt.
Result<std::vector<revocation::Entry>> read_segments(const std::vector<std::string>& segments,
                                                     const std::vector<Digest>& digests);

}  // namespace rescind::feed

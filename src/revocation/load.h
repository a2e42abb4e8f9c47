#pragma once
// Joins many entries to an index at once, as from a snapshot or a checkpoint: three times as fast
// as one after the other, for the memory that each will need is asked for ahead of it. The index's
// writer calls; readers go on meanwhile.

#include <span>
#include <string>

#include "base/result.h"
#include "revocation/index.h"

namespace rescind::revocation {

// Makes room for those without a cut, and applies all. kExhausted: the index is full, some of them
// are in.
Result<void> load_entries(Index& index, std::span<const Entry> entries);

// The same with the records of segments, without a copy of them all. Check their digests before:
// kCorrupt (decode_segment says when) comes when some are in.
Result<void> load_segments(Index& index, std::span<const std::string> segments);

}  // namespace rescind::revocation

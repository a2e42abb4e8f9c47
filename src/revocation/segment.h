#pragma once
// Snapshot segments: immutable runs of fixed binary records, named by their SHA-256
// (docs/formats.md). Two kinds, as the index has two tables: plain (key, until + reason) and cut
// (key, cut, until + reason). Records are sorted by key, so equal sets give equal bytes. Pure.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "revocation/revocation.h"

namespace rescind::revocation {

inline constexpr std::size_t kMaxSegmentBytes = std::size_t{4} << 20U;

// The entries as segments, each of at most kMaxSegmentBytes, header included, the plain kind first.
// Entries of one key are joined. No entries, no segment. Time n log n.
std::vector<std::string> encode_segments(std::vector<Entry> entries);
// Calls `visit` for each record. kCorrupt: wrong magic, version, length, order or reason; then some
// records may have been visited, which is harmless only where the caller has checked the digest
// first. What is accepted has one spelling: encoding its entries gives the same bytes.
Result<void> decode_segment(std::string_view segment,
                            const std::function<void(const Entry&)>& visit);

}  // namespace rescind::revocation

#pragma once
// Snapshot segments: immutable runs of fixed binary records, named by their SHA-256
// (docs/formats.md). Two kinds, as the index has two tables: plain (key, until + reason) and cut
// (key, cut, until + reason). Records are sorted by key, so equal sets give equal bytes. Pure.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
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

// Visits all entries of a set, in any order; the same ones each time.
using EachEntry = std::function<void(const std::function<void(const Entry&)>& visit)>;
// The same from a set that has each key once (an index: `[&](auto& visit) { index.for_each(visit);
// }`), visited three times, with no memory but the result's: 10^7 entries in about two seconds.
std::vector<std::string> encode_segments(const EachEntry& for_each);

// Reads a segment's records bit by bit: some hundred entries at a time stay where they are used.
// The text outlives the reader.
class SegmentReader {
 public:
  // kCorrupt: wrong magic, version, length.
  static Result<SegmentReader> open(std::string_view segment);

  bool of_cuts() const { return of_cuts_; }
  std::size_t left() const { return left_; }  // records not yet read
  // The next records, as many as there are and `out` has room for; how many. kCorrupt: an order or
  // a reason that no encoder writes; `out` may hold anything then.
  Result<std::size_t> read(std::span<Entry> out);

 private:
  SegmentReader(const std::uint8_t* at, std::size_t left, bool of_cuts)
      : at_(at), left_(left), of_cuts_(of_cuts) {}

  const std::uint8_t* at_;
  std::size_t left_;
  bool of_cuts_;
  std::optional<Key> last_;
};

// Calls `visit` for each record. kCorrupt: wrong magic, version, length, order or reason; then some
// records may have been visited, which is harmless only where the caller has checked the digest
// first. What is accepted has one spelling: encoding its entries gives the same bytes.
Result<void> decode_segment(std::string_view segment,
                            const std::function<void(const Entry&)>& visit);

}  // namespace rescind::revocation

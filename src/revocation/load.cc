#include "revocation/load.h"

#include <algorithm>
#include <array>

#include "revocation/index_header.h"
#include "revocation/segment.h"

namespace rescind::revocation {
namespace {

// How many entries ahead: the tags of a key's bucket, and, once these are near, its free slot. An
// entry takes about 70 ns, an answer of the memory up to 200.
constexpr std::size_t kFar = 32;
constexpr std::size_t kNear = 16;

constexpr std::size_t kReadTogether = 512;

// Entries with a cut are few; for them this asks for what is not needed, which does no harm.
Result<void> apply_all(Index& index, std::span<const Entry> entries) {
  const IndexHeader& header = index.view()->header();
  std::byte* const base = index.view()->base();
  const auto place_of = [&](const Entry& entry) {
    return header.identity.secret.place_of(entry.key);
  };
  const auto slots_at = [&](Place place) { return header.plain.slots<kPlainWords>(base, place); };
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i + kFar < entries.size()) {
      const Place place = place_of(entries[i + kFar]);
      slots_at(place).prefetch_tags(place);
    }
    if (i + kNear < entries.size()) {
      const Place place = place_of(entries[i + kNear]);
      slots_at(place).prefetch_free_slot(place);
    }
    TRY(index.apply(entries[i]));
  }
  return {};
}

}  // namespace

Result<void> load_entries(Index& index, std::span<const Entry> entries) {
  const auto has_no_cut = [](const Entry& entry) { return !entry.cut; };
  TRY(index.reserve(static_cast<std::size_t>(std::ranges::count_if(entries, has_no_cut))));
  return apply_all(index, entries);
}

Result<void> load_segments(Index& index, std::span<const std::string> segments) {
  std::size_t plain = 0;
  for (const std::string& segment : segments) {
    TRY_ASSIGN(const SegmentReader reader, SegmentReader::open(segment));
    if (!reader.of_cuts()) plain += reader.left();
  }
  TRY(index.reserve(plain));
  std::array<Entry, kReadTogether> some;
  for (const std::string& segment : segments) {
    TRY_ASSIGN(SegmentReader reader, SegmentReader::open(segment));
    while (reader.left() > 0) {
      TRY_ASSIGN(const std::size_t count, reader.read(some));
      TRY(apply_all(index, std::span(some).first(count)));
    }
  }
  return {};
}

}  // namespace rescind::revocation

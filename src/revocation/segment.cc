#include "revocation/segment.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/bytes.h"
#include "revocation/until.h"

namespace rescind::revocation {
namespace {

// "RSCDSEG" and the version.
constexpr std::string_view kMagic("RSCDSEG\x01", 8);
constexpr std::size_t kHeaderBytes = 16;
constexpr std::size_t kPlainBytes = 20;
constexpr std::size_t kCutBytes = 36;
constexpr std::uint32_t kPlain = 0;
constexpr std::uint32_t kCut = 1;

constexpr std::size_t record_bytes(std::uint32_t kind) {
  return kind == kPlain ? kPlainBytes : kCutBytes;
}
constexpr std::size_t records_per_segment(std::uint32_t kind) {
  return (kMaxSegmentBytes - kHeaderBytes) / record_bytes(kind);
}

Entry joined(const Entry& a, const Entry& b) {
  return Entry{.key = a.key,
               .cut = std::max(a.cut, b.cut),
               .until = std::max(a.until, b.until),
               .reason = std::max(a.reason, b.reason)};
}

// Plain ones first, each kind sorted by key, one entry a key.
void make_unique(std::vector<Entry>& entries) {
  std::ranges::sort(entries, [](const Entry& a, const Entry& b) {
    return a.cut.has_value() != b.cut.has_value() ? b.cut.has_value() : a.key < b.key;
  });
  std::size_t kept = 0;
  for (const Entry& entry : entries) {
    if (kept > 0 && entries[kept - 1].key == entry.key &&
        entries[kept - 1].cut.has_value() == entry.cut.has_value()) {
      entries[kept - 1] = joined(entries[kept - 1], entry);
    } else {
      entries[kept++] = entry;
    }
  }
  entries.resize(kept);
}

void put_record(std::string& out, const Entry& entry) {
  put_u64(out, entry.key.high);
  put_u64(out, entry.key.low);
  if (entry.cut) {
    put_u64(out, entry.cut->term);
    put_u64(out, entry.cut->number);
  }
  put_u32(out, pack(entry.until, entry.reason));
}

std::string encode(std::uint32_t kind, std::span<const Entry> entries) {
  std::string segment(kMagic);
  segment.reserve(kHeaderBytes + entries.size() * record_bytes(kind));
  put_u32(segment, kind);
  put_u32(segment, static_cast<std::uint32_t>(entries.size()));
  for (const Entry& entry : entries) put_record(segment, entry);
  return segment;
}

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorCode::kCorrupt, "snapshot segment: " + std::string(what));
}

Result<Entry> read_record(const std::uint8_t* at, std::uint32_t kind) {
  Entry entry{.key = {.high = get_u64(at), .low = get_u64(at + 8)}};
  if (kind == kCut) entry.cut = Stamp{.term = get_u64(at + 16), .number = get_u64(at + 24)};
  const std::uint32_t packed = get_u32(at + record_bytes(kind) - 4);
  if ((packed & 3U) == 3U) return corrupt("an unknown reason");
  if (units_of(packed) == 0) return corrupt("an until of nothing");
  entry.until = until_of(packed);
  entry.reason = reason_of(packed);
  return entry;
}

}  // namespace

std::vector<std::string> encode_segments(std::vector<Entry> entries) {
  make_unique(entries);
  const auto cuts = std::ranges::find_if(entries, [](const Entry& e) { return e.cut.has_value(); });
  const auto plain = static_cast<std::size_t>(cuts - entries.begin());
  std::vector<std::string> segments;
  const auto append = [&segments](std::uint32_t kind, std::span<const Entry> all) {
    while (!all.empty()) {
      const std::size_t count = std::min(all.size(), records_per_segment(kind));
      segments.push_back(encode(kind, all.first(count)));
      all = all.subspan(count);
    }
  };
  append(kPlain, std::span(entries).first(plain));
  append(kCut, std::span(entries).subspan(plain));
  return segments;
}

Result<void> decode_segment(std::string_view segment,
                            const std::function<void(const Entry&)>& visit) {
  if (segment.size() < kHeaderBytes || !segment.starts_with("RSCDSEG")) {
    return corrupt("it does not begin like one");
  }
  if (!segment.starts_with(kMagic)) return corrupt("a version that this program does not know");
  if (segment.size() > kMaxSegmentBytes) return corrupt("longer than 4 MiB");
  const std::uint8_t* at = bytes_of(segment).data();
  const std::uint32_t kind = get_u32(at + 8);
  const std::uint64_t count = get_u32(at + 12);
  if (kind != kPlain && kind != kCut) return corrupt("an unknown kind");
  if (count == 0 || segment.size() != kHeaderBytes + count * record_bytes(kind)) {
    return corrupt("its length is not that of its records");
  }
  at += kHeaderBytes;
  Key last;
  for (std::uint64_t i = 0; i < count; ++i, at += record_bytes(kind)) {
    TRY_ASSIGN(const Entry entry, read_record(at, kind));
    if (i > 0 && entry.key <= last) return corrupt("its records are out of order");
    last = entry.key;
    visit(entry);
  }
  return {};
}

}  // namespace rescind::revocation

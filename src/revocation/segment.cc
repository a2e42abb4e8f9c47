#include "revocation/segment.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>
#include <span>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
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

// So many records are sorted together; they stay in the processor's own caches meanwhile.
constexpr std::size_t kSortedTogether = 2048;
constexpr std::size_t kReadTogether = 256;

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

// base/bytes reads and writes byte by byte; here that would be most of the time.
template <typename Number>
Number big_endian(Number value) {
  if constexpr (std::endian::native == std::endian::big) return value;
  if constexpr (sizeof(Number) == 8) return __builtin_bswap64(value);
  return static_cast<Number>(__builtin_bswap32(static_cast<std::uint32_t>(value)));
}
template <typename Number>
std::uint8_t* put(std::uint8_t* at, Number value) {
  value = big_endian(value);
  std::memcpy(at, &value, sizeof value);
  return at + sizeof value;
}
template <typename Number>
Number get(const std::uint8_t* at) {
  Number value;
  std::memcpy(&value, at, sizeof value);
  return big_endian(value);
}

void put_record(std::uint8_t* at, const Entry& entry) {
  at = put(at, entry.key.high);
  at = put(at, entry.key.low);
  if (entry.cut) {
    at = put(at, entry.cut->term);
    at = put(at, entry.cut->number);
  }
  put(at, pack(entry.until, entry.reason));
}

// Nothing wrong: null.
const char* get_record(const std::uint8_t* at, std::uint32_t kind, Entry& entry) {
  entry.key = {.high = get<std::uint64_t>(at), .low = get<std::uint64_t>(at + 8)};
  entry.cut.reset();
  if (kind == kCut) {
    entry.cut.emplace(get<std::uint64_t>(at + 16), get<std::uint64_t>(at + 24));
  }
  const auto packed = get<std::uint32_t>(at + record_bytes(kind) - 4);
  if ((packed & 3U) == 3U) return "an unknown reason";
  if (units_of(packed) == 0) return "an until of nothing";
  entry.until = until_of(packed);
  entry.reason = reason_of(packed);
  return nullptr;
}

// Segments of one kind whose records are put in their places in any order.
class Records {
 public:
  Records(std::uint32_t kind, std::size_t count) : kind_(kind) {
    for (; count > 0; count -= std::min(count, records_per_segment(kind))) {
      const std::size_t here = std::min(count, records_per_segment(kind));
      std::string segment(kMagic);
      put_u32(segment, kind);
      put_u32(segment, static_cast<std::uint32_t>(here));
      segment.resize(kHeaderBytes + here * record_bytes(kind));
      segments_.push_back(std::move(segment));
    }
  }
  void set(std::size_t i, const Entry& entry) { put_record(at(i), entry); }
  Entry get(std::size_t i) {
    Entry entry;
    CHECK(get_record(at(i), kind_, entry) == nullptr);
    return entry;
  }
  void move_to(std::vector<std::string>& all) {
    std::ranges::move(segments_, std::back_inserter(all));
  }

 private:
  std::uint8_t* at(std::size_t i) {
    std::string& segment = segments_[i / records_per_segment(kind_)];
    const std::size_t offset = i % records_per_segment(kind_) * record_bytes(kind_);
    return reinterpret_cast<std::uint8_t*>(segment.data()) + kHeaderBytes + offset;
  }

  std::uint32_t kind_;
  std::vector<std::string> segments_;
};

// Keys are parts of hashes, so their first bits sort them into heaps of about one size; a heap's
// place among the records is known once all are counted.
class Heaps {
 public:
  explicit Heaps(std::size_t entries)
      : bits_(static_cast<unsigned>(std::bit_width(entries / kSortedTogether))),
        ends_(std::size_t{1} << bits_) {}

  std::size_t of(const Key& key) const { return bits_ == 0 ? 0 : key.high >> (64U - bits_); }
  void count(const Key& key) { ++ends_[of(key)]; }
  // From counts to where each begins; take() moves that on to its end.
  void place() { std::exclusive_scan(ends_.begin(), ends_.end(), ends_.begin(), std::size_t{0}); }
  std::size_t take(const Key& key) { return ends_[of(key)]++; }
  std::span<const std::size_t> ends() const { return ends_; }

 private:
  unsigned bits_;
  std::vector<std::size_t> ends_;
};

void sort_heap(Records& records, std::size_t begin, std::size_t end) {
  std::vector<Entry> heap;
  heap.reserve(end - begin);
  for (std::size_t i = begin; i < end; ++i) heap.push_back(records.get(i));
  std::ranges::sort(heap, {}, &Entry::key);
  for (std::size_t i = begin; i < end; ++i) {
    CHECK(i == begin || heap[i - begin - 1].key < heap[i - begin].key);
    records.set(i, heap[i - begin]);
  }
}

Records encode_kind(std::uint32_t kind, std::size_t count, const EachEntry& for_each) {
  const auto each = [&](const std::function<void(const Entry&)>& visit) {
    for_each([&](const Entry& entry) {
      if (entry.cut.has_value() == (kind == kCut)) visit(entry);
    });
  };
  Heaps heaps(count);
  each([&](const Entry& entry) { heaps.count(entry.key); });
  heaps.place();
  Records records(kind, count);
  each([&](const Entry& entry) { records.set(heaps.take(entry.key), entry); });
  std::size_t begin = 0;
  for (const std::size_t end : heaps.ends()) {
    sort_heap(records, begin, end);
    begin = end;
  }
  return records;
}

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorCode::kCorrupt, "snapshot segment: " + std::string(what));
}

}  // namespace

std::vector<std::string> encode_segments(std::vector<Entry> entries) {
  make_unique(entries);
  return encode_segments([&entries](const std::function<void(const Entry&)>& visit) {
    std::ranges::for_each(entries, visit);
  });
}

std::vector<std::string> encode_segments(const EachEntry& for_each) {
  std::size_t plain = 0;
  std::size_t cuts = 0;
  for_each([&](const Entry& entry) { ++(entry.cut ? cuts : plain); });
  std::vector<std::string> segments;
  if (plain > 0) encode_kind(kPlain, plain, for_each).move_to(segments);
  if (cuts > 0) encode_kind(kCut, cuts, for_each).move_to(segments);
  return segments;
}

Result<SegmentReader> SegmentReader::open(std::string_view segment) {
  if (segment.size() < kHeaderBytes || !segment.starts_with("RSCDSEG")) {
    return corrupt("it does not begin like one");
  }
  if (!segment.starts_with(kMagic)) return corrupt("a version that this program does not know");
  if (segment.size() > kMaxSegmentBytes) return corrupt("longer than 4 MiB");
  const std::uint8_t* const at = bytes_of(segment).data();
  const std::uint32_t kind = get_u32(at + 8);
  const std::size_t count = get_u32(at + 12);
  if (kind != kPlain && kind != kCut) return corrupt("an unknown kind");
  if (count == 0 || segment.size() != kHeaderBytes + count * record_bytes(kind)) {
    return corrupt("its length is not that of its records");
  }
  return SegmentReader(at + kHeaderBytes, count, kind == kCut);
}

Result<std::size_t> SegmentReader::read(std::span<Entry> out) {
  const std::uint32_t kind = of_cuts_ ? kCut : kPlain;
  const std::size_t count = std::min(out.size(), left_);
  for (Entry& entry : out.first(count)) {
    if (const char* const wrong = get_record(at_, kind, entry)) return corrupt(wrong);
    if (last_ && entry.key <= *last_) return corrupt("its records are out of order");
    last_ = entry.key;
    at_ += record_bytes(kind);
  }
  left_ -= count;
  return count;
}

Result<void> decode_segment(std::string_view segment,
                            const std::function<void(const Entry&)>& visit) {
  TRY_ASSIGN(SegmentReader reader, SegmentReader::open(segment));
  std::array<Entry, kReadTogether> some;
  while (reader.left() > 0) {
    TRY_ASSIGN(const std::size_t count, reader.read(some));
    for (const Entry& entry : std::span(some).first(count)) visit(entry);
  }
  return {};
}

}  // namespace rescind::revocation

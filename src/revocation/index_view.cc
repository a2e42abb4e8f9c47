#include "revocation/index_view.h"

#include "revocation/index_header.h"
#include "revocation/until.h"

namespace rescind::revocation {
namespace {

// The shards that a directory names lie within the region: a damaged one is not followed.
template <std::size_t kBodyWords>
bool lies_within(const Directory& directory, std::size_t size) {
  for (const auto& atomic : directory.words) {
    const std::uint64_t word = atomic.load(std::memory_order_acquire);
    const std::uint64_t offset = (word >> 32U) * Mapping::kPageBytes;
    const std::uint64_t bytes = (word & 0xffff'ffffU) * Slots<kBodyWords>::kBucketBytes;
    if (bytes == 0 || offset > size || bytes > size - offset) return false;
  }
  return true;
}

template <std::size_t kBodyWords, typename Visit>
void for_each_slot(const Directory& directory, std::byte* base, const Visit& visit) {
  std::uint64_t before = 0;
  for (const auto& atomic : directory.words) {
    const std::uint64_t word = atomic.load(std::memory_order_acquire);
    if (word == before) continue;  // a shard has neighbouring words
    before = word;
    const Slots<kBodyWords> slots(base + (word >> 32U) * Mapping::kPageBytes,
                                  static_cast<std::uint32_t>(word));
    slots.for_each(0, slots.buckets(), [&](auto slot, std::uint32_t) { visit(slots, slot); });
  }
}

}  // namespace

Result<std::shared_ptr<const IndexView>> IndexView::attach(const std::string& path,
                                                           std::optional<uid_t> owner) {
  TRY_ASSIGN(auto mapping, Mapping::attach_file(path, sizeof(IndexHeader), owner));
  const auto& header = *reinterpret_cast<const IndexHeader*>(mapping->base());
  if (const char* const wrong = header.identity.wrong(mapping->size())) {
    return fail(ErrorCode::kCorrupt, "index file " + path + ": " + wrong);
  }
  if (!lies_within<kPlainWords>(header.plain, mapping->size()) ||
      !lies_within<kCutWords>(header.cut, mapping->size())) {
    return fail(ErrorCode::kCorrupt, "index file " + path + ": its directory is damaged");
  }
  return std::make_shared<const IndexView>(std::shared_ptr<const Mapping>(std::move(mapping)),
                                           header);
}

IndexView::Name IndexView::name() const { return header_.identity.name; }
bool IndexView::superseded() const {
  return header_.superseded.load(std::memory_order_acquire) != 0;
}
BootTime IndexView::beat() const {
  return BootTime(std::chrono::nanoseconds(header_.beat_ns.load(std::memory_order_relaxed)));
}
std::size_t IndexView::entries() const { return header_.entries.load(std::memory_order_relaxed); }
std::size_t IndexView::bytes() const { return header_.bytes.load(std::memory_order_relaxed); }
WallTime IndexView::purge_time() const {
  return wall_from_ms(header_.purge_time_ms.load(std::memory_order_relaxed));
}

void IndexView::for_each(const std::function<void(const Entry&)>& visit) const {
  const auto entry_in = [](const auto& slots, auto slot) {
    const std::uint32_t packed = slots.packed(slot);
    return Entry{
        .key = slots.key(slot), .cut = {}, .until = until_of(packed), .reason = reason_of(packed)};
  };
  for_each_slot<kPlainWords>(header_.plain, base(),
                             [&](const auto& slots, auto slot) { visit(entry_in(slots, slot)); });
  for_each_slot<kCutWords>(header_.cut, base(), [&](const auto& slots, auto slot) {
    Entry entry = entry_in(slots, slot);
    entry.cut = Stamp{.term = slots.load(slot, 2), .number = slots.load(slot, 3)};
    visit(entry);
  });
}

}  // namespace rescind::revocation

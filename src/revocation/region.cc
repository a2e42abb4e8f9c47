#include "revocation/region.h"

#include <algorithm>
#include <atomic>
#include <iterator>

#include "base/check.h"

namespace rescind::revocation {
namespace {

// So much may lie unused beside a quarter of what is held.
constexpr std::size_t kKeptBytes = std::size_t{8} << 20U;

constexpr std::size_t whole_pages(std::size_t bytes) {
  return (bytes + Region::kPageBytes - 1) / Region::kPageBytes * Region::kPageBytes;
}

}  // namespace

Result<std::uint64_t> Region::take(std::size_t bytes) {
  CHECK(bytes > 0);
  const std::size_t size = whole_pages(bytes);
  TRY_ASSIGN(const std::uint64_t offset, take_free(size));
  held_ += size;
  return offset;
}

Result<std::uint64_t> Region::take_free(std::size_t bytes) {
  auto best = free_.end();
  for (auto range = free_.begin(); range != free_.end(); ++range) {
    if (range->second < bytes) continue;
    if (best == free_.end() || range->second < best->second) best = range;
  }
  if (best == free_.end()) {
    if (bytes > mapping_->size() - used_) {
      return fail(ErrorCode::kExhausted, "the index has no room left; raise its limit of entries");
    }
    TRY(mapping_->extend(used_ + bytes));
    const std::uint64_t offset = used_;
    used_ += bytes;
    return offset;
  }
  kept_ -= std::min(kept_, bytes);
  const auto [offset, size] = *best;
  free_.erase(best);
  if (size > bytes) free_.emplace(offset + bytes, size - bytes);
  return offset;
}

void Region::give_back(std::uint64_t offset, std::size_t bytes) {
  std::size_t size = whole_pages(bytes);
  held_ -= size;
  let_go(offset, size);
  auto after = free_.lower_bound(offset);
  if (after != free_.end() && after->first == offset + size) {
    size += after->second;
    after = free_.erase(after);
  }
  if (after != free_.begin()) {
    const auto before = std::prev(after);
    if (before->first + before->second == offset) {
      before->second += size;
      return;
    }
  }
  free_.emplace(offset, size);
}

// To give pages back to the system interrupts every processor that runs a reader, and tears huge
// pages apart, so it is done seldom: what growth gives back is soon taken again.
void Region::let_go(std::uint64_t offset, std::size_t bytes) {
  kept_ += bytes;
  if (mapping_->keeps_memory() || kept_ <= std::max(kKeptBytes, held_ / 4)) {
    auto* const words = reinterpret_cast<std::uint64_t*>(base() + offset);
    for (std::size_t i = 0; i < bytes / sizeof(std::uint64_t); ++i) {
      std::atomic_ref(words[i]).store(0, std::memory_order_relaxed);  // readers may still look
    }
    return;
  }
  mapping_->drop(offset, bytes);
  for (const auto& [begin, size] : free_) mapping_->drop(begin, size);
  kept_ = 0;
}

}  // namespace rescind::revocation

#include "revocation/region.h"

#include <iterator>

#include "base/check.h"

namespace rescind::revocation {
namespace {

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
  const auto [offset, size] = *best;
  free_.erase(best);
  if (size > bytes) free_.emplace(offset + bytes, size - bytes);
  return offset;
}

void Region::give_back(std::uint64_t offset, std::size_t bytes) {
  std::size_t size = whole_pages(bytes);
  held_ -= size;
  mapping_->drop(offset, size);
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

}  // namespace rescind::revocation

#include "revocation/region.h"

#include <sys/mman.h>

#include <algorithm>

#include "base/check.h"

namespace rescind::revocation {
namespace {

constexpr std::size_t kHugePageBytes = std::size_t{2} << 20U;
// The range becomes readable by steps of this, so that a system without overcommit counts only
// what is used.
constexpr std::size_t kStepBytes = std::size_t{32} << 20U;

constexpr std::size_t round_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

}  // namespace

Result<std::unique_ptr<Region>> Region::create(std::size_t reserve_bytes) {
  const std::size_t size = round_up(std::max(reserve_bytes, kStepBytes), kStepBytes);
  const std::size_t mapped = size + kHugePageBytes;
  void* const mapping =
      mmap(nullptr, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) {
    return fail(ErrorCode::kExhausted, "no " + std::to_string(mapped >> 20U) +
                                           " MiB of addresses for the index; is there a limit on "
                                           "address space (ulimit -v)?");
  }
  auto* const first = static_cast<std::byte*>(mapping);
  const std::size_t misaligned = reinterpret_cast<std::uintptr_t>(mapping) % kHugePageBytes;
  auto* const base = first + (misaligned == 0 ? 0 : kHugePageBytes - misaligned);
  return std::unique_ptr<Region>(new Region(first, mapped, base, size));
}

Region::~Region() { munmap(mapping_, mapped_); }

Result<std::uint64_t> Region::take(std::size_t bytes) {
  CHECK(bytes > 0);
  const std::size_t size = round_up(bytes, kPageBytes);
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
    if (bytes > size_ - used_) {
      return fail(ErrorCode::kExhausted, "the index has no room left; raise its limit of entries");
    }
    TRY(extend(used_ + bytes));
    const std::uint64_t offset = used_;
    used_ += bytes;
    return offset;
  }
  const auto [offset, size] = *best;
  free_.erase(best);
  if (size > bytes) free_.emplace(offset + bytes, size - bytes);
  return offset;
}

Result<void> Region::extend(std::size_t end) {
  if (end <= readable_) return {};
  const std::size_t target = std::min(round_up(end, kStepBytes), size_);
  if (mprotect(base_ + readable_, target - readable_, PROT_READ | PROT_WRITE) != 0) {
    return fail(ErrorCode::kExhausted, "the system has no more memory for the index");
  }
  // A small index is to stay small: the first megabytes are left to ordinary pages. Where huge
  // pages are not to be had, all works, slower.
  const std::size_t first_huge = std::max(readable_, kHugePageBytes);
  madvise(base_ + first_huge, target - first_huge, MADV_HUGEPAGE);
  readable_ = target;
  return {};
}

void Region::give_back(std::uint64_t offset, std::size_t bytes) {
  std::size_t size = round_up(bytes, kPageBytes);
  held_ -= size;
  CHECK(madvise(base_ + offset, size, MADV_DONTNEED) == 0);
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

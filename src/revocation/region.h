#pragma once
// The pages of an index: taken from its mapping and given back, by their offset. Nothing in them
// holds a pointer, so they may lie anywhere, in several processes at once.
//
// Pages that were given back stay readable (as zeros, or as what the next taker writes), so a
// reader that still holds an old offset reads rubbish, never faults; it finds out by itself
// (shards.h). One thread takes and gives back; any may read.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>

#include "base/result.h"
#include "revocation/mapping.h"

namespace rescind::revocation {

class Region {
 public:
  static constexpr std::size_t kPageBytes = Mapping::kPageBytes;

  // Nothing has been taken of the mapping yet.
  explicit Region(std::shared_ptr<Mapping> mapping) : mapping_(std::move(mapping)) {}
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;

  std::byte* base() const { return mapping_->base(); }

  // Zeroed pages that hold `bytes`; their offset. kExhausted where none are left.
  Result<std::uint64_t> take(std::size_t bytes);
  // What take(bytes) gave.
  void give_back(std::uint64_t offset, std::size_t bytes);
  std::size_t held_bytes() const { return held_; }

 private:
  Result<std::uint64_t> take_free(std::size_t bytes);
  void let_go(std::uint64_t offset, std::size_t bytes);

  std::shared_ptr<Mapping> mapping_;
  std::size_t used_ = 0;  // never taken from here on
  std::size_t held_ = 0;
  std::size_t kept_ = 0;                       // given back here, not yet to the system
  std::map<std::uint64_t, std::size_t> free_;  // offset → bytes; neighbours are one
};

}  // namespace rescind::revocation

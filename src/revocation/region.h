#pragma once
// The memory that an index lies in: one range of addresses, reserved whole at the start, of which
// pages are taken and given back by their offset. Nothing in it holds a pointer, so it may lie
// anywhere.
//
// Pages that were given back stay readable (as zeros, or as what the next taker writes), so a
// reader that still holds an old offset reads rubbish, never faults; it finds out by itself
// (shards.h). One thread takes and gives back; any may read. Reserving costs addresses, not memory.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>

#include "base/result.h"

namespace rescind::revocation {

class Region {
 public:
  static constexpr std::size_t kPageBytes = 4096;

  // kExhausted where the system has no such range.
  static Result<std::unique_ptr<Region>> create(std::size_t reserve_bytes);
  ~Region();
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;

  std::byte* base() const { return base_; }

  // Zeroed pages that hold `bytes`; their offset. kExhausted where none are left.
  Result<std::uint64_t> take(std::size_t bytes);
  // What take(bytes) gave.
  void give_back(std::uint64_t offset, std::size_t bytes);
  std::size_t held_bytes() const { return held_; }

 private:
  Region(std::byte* mapping, std::size_t mapped, std::byte* base, std::size_t size)
      : mapping_(mapping), mapped_(mapped), base_(base), size_(size) {}
  Result<std::uint64_t> take_free(std::size_t bytes);
  Result<void> extend(std::size_t end);

  std::byte* mapping_;
  std::size_t mapped_;
  std::byte* base_;
  std::size_t size_;
  std::size_t used_ = 0;      // never taken from here on
  std::size_t readable_ = 0;  // mapped for reading and writing up to here
  std::size_t held_ = 0;
  std::map<std::uint64_t, std::size_t> free_;  // offset → bytes; neighbours are one
};

}  // namespace rescind::revocation

#pragma once
// What stands at the start of an index's region: everything that readers share with the writer,
// without pointers. docs/formats.md ("Index region") says where each byte lies; the assertions
// below hold it to that. Each word is atomic; words that belong together are written in turns.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/random.h"
#include "revocation/document.h"
#include "revocation/index.h"
#include "revocation/shards.h"
#include "revocation/turns.h"

namespace rescind::revocation {

// Written before anybody else can see the region, and never again.
struct RegionIdentity {
  static constexpr std::uint64_t kMagic = 0x5253'4344'4944'5831;  // "RSCDIDX1"; also the byte order
  static constexpr std::uint32_t kLayout = 1;

  std::uint64_t magic = kMagic;
  std::uint32_t layout = kLayout;
  std::uint32_t header_bytes = 0;
  std::uint64_t region_bytes = 0;
  std::array<std::uint64_t, 2> name{};  // by chance: another region, another name
  PlaceSecret secret;
  std::uint64_t checksum = 0;  // the first 8 bytes of the SHA-256 of the words before it

  static RegionIdentity make(Random& random, std::size_t region_bytes);
  // What is wrong with what stands at the start of a region of `bytes`; null where it is in order.
  const char* wrong(std::size_t bytes) const;
};
static_assert(sizeof(RegionIdentity) == 64 && std::is_trivially_copyable_v<RegionIdentity>);

struct IndexHeader {
  RegionIdentity identity;

  // Grow with each applied change, by release, after it can be found.
  alignas(64) std::atomic<std::uint64_t> version{0};
  std::atomic<std::uint64_t> cut_version{0};
  // Not 0: another region has taken the place of this one.
  std::atomic<std::uint64_t> superseded{0};
  // When the writer was last at work: ns of the boot-time clock.
  std::atomic<std::int64_t> beat_ns{0};
  // Figures: relaxed, nothing hangs on them.
  alignas(64) std::atomic<std::uint64_t> entries{0};
  std::atomic<std::uint64_t> bytes{0};
  // ms since 1970; grows. Written before anything is purged by it.
  std::atomic<std::int64_t> purge_time_ms{0};

  alignas(64) Turns<FeedState> state;
  alignas(64) DocumentWords rules;
  alignas(64) DocumentWords keys;
  alignas(64) Directory plain;
  alignas(64) Directory cut;
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(sizeof(FeedState) == 96 && sizeof(Freshness) == 40);
static_assert(offsetof(IndexHeader, version) == 64 && offsetof(IndexHeader, entries) == 128 &&
              offsetof(IndexHeader, state) == 192 && offsetof(IndexHeader, rules) == 448 &&
              offsetof(IndexHeader, keys) == 576 && offsetof(IndexHeader, plain) == 704 &&
              offsetof(IndexHeader, cut) == 8'960 && sizeof(IndexHeader) == 17'216);

}  // namespace rescind::revocation

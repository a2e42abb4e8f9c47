#pragma once
// Until and reason in one word, as the index and the snapshot keep them: 30 bits of units of 4 s,
// rounded up, and 2 bits of reason. The largest unit (the year 2106) means "for good": what lies
// beyond is kept longer, never shorter. A packed word is never 0. Pure.

#include <algorithm>
#include <cstdint>

#include "revocation/revocation.h"

namespace rescind::revocation {

inline constexpr std::uint64_t kUntilUnitSeconds = 4;
inline constexpr std::uint32_t kUntilForever = (std::uint32_t{1} << 30U) - 1;

constexpr std::uint32_t until_units(UntilSeconds until) {
  const std::uint64_t units =
      until / kUntilUnitSeconds + (until % kUntilUnitSeconds == 0 ? 0U : 1U);
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(units, 1, kUntilForever));
}

constexpr std::uint32_t pack(UntilSeconds until, Reason reason) {
  return until_units(until) << 2U | static_cast<std::uint32_t>(reason);
}
constexpr std::uint32_t units_of(std::uint32_t packed) { return packed >> 2U; }
constexpr UntilSeconds until_of(std::uint32_t packed) {
  const std::uint32_t units = units_of(packed);
  return units == kUntilForever ? kForever : units * kUntilUnitSeconds;
}
// The word is one that pack() made: 3 is no reason.
constexpr Reason reason_of(std::uint32_t packed) { return static_cast<Reason>(packed & 3U); }

// The later until and the graver reason.
constexpr std::uint32_t join(std::uint32_t a, std::uint32_t b) {
  return std::max(a >> 2U, b >> 2U) << 2U | std::max(a & 3U, b & 3U);
}

// The first unit that is kept when purge time is `ms` since 1970: smaller ones are over.
constexpr std::uint32_t first_kept_unit(std::int64_t ms) {
  constexpr std::int64_t kUnitMs = kUntilUnitSeconds * 1000;
  const std::int64_t units = ms <= 0 ? 0 : ms / kUnitMs + (ms % kUnitMs == 0 ? 0 : 1);
  return static_cast<std::uint32_t>(std::min<std::int64_t>(units, kUntilForever));
}

}  // namespace rescind::revocation

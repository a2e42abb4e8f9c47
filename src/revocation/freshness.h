#pragma once
// How a follower knows how old its knowledge is (architecture: Freshness). A link or heartbeat
// refreshes only where it is in order and its `at` is greater than the last of its term; the caller
// sees to the order. The authority's time now is estimated as boot-time clock + the largest
// (at − arrival) seen in this term, which falls by 200 ppm since clocks drift. Nothing that a
// broker withholds or repeats, no paused process and no stepped clock can make this look fresher
// than it is. A value; one thread (the index publishes copies to readers).

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace rescind::revocation {

class Freshness {
 public:
  // A signed word of the authority: `at` by its clock, arrived at `arrival`. False, and nothing
  // happens, where `at` is not greater than the last of this term, the term is an earlier one, or
  // `at` is no time at all (before 1970, after 9999).
  bool refresh(std::uint64_t term, WallTime at, BootTime arrival);
  // A genuine word that does not refresh, since what it names is not known here yet, still tells
  // the authority's time: so a follower that is behind looks as stale as it is, at once. Nothing
  // where its term is not that of the last refresh.
  void observe(std::uint64_t term, WallTime at, BootTime arrival);

  // The authority's time up to which all is known; nothing before the first word.
  std::optional<WallTime> at() const;
  // The term of the last word that refreshed; nothing before the first.
  std::optional<std::uint64_t> term() const;
  // The authority's time now, as far as can be told; nothing before the first word.
  std::optional<WallTime> authority_time(BootTime boot) const;
  // The larger of (authority time now − last at) and (wall − last at − max_clock_skew), never
  // negative; Milliseconds::max() before the first word.
  Milliseconds staleness(Now now, Milliseconds max_clock_skew) const;

 private:
  void estimate(WallTime at, BootTime arrival);

  bool known_ = false;
  std::uint64_t term_ = 0;
  WallTime at_{};
  // The best (at − arrival), as of `estimated_` on the boot-time clock: authority time − boot time.
  std::chrono::microseconds offset_{0};
  std::chrono::microseconds estimated_{0};
};

inline constexpr Milliseconds kDefaultMaxClockSkew{60'000};

}  // namespace rescind::revocation

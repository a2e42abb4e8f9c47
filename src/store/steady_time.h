#pragma once
// What the authority's words of a term say that the time is. Followers tell from it how old a word
// is that comes late, or what they knew last; a clock that was set meanwhile would make that look
// fresh. So within a term the time goes as the boot-time clock does (but for 0.1 %, by which it
// follows a clock that drifts): the clock as it is now counts from the next term on, whose time
// followers ask for before they believe it. A value; one thread.

#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace rescind::store {

class SteadyTime {
 public:
  // `clock` is the database's, or this host's, read at `boot`. Another term begins with it.
  WallTime at(std::uint64_t term, WallTime clock, BootTime boot);
  // Whether the clock was set in this term, so that it is more than kClockSlack off: begin another.
  bool was_set(std::uint64_t term, WallTime clock, BootTime boot) const;

 private:
  std::chrono::nanoseconds followed(std::chrono::nanoseconds ahead, BootTime boot) const;

  std::uint64_t term_ = 0;
  std::chrono::nanoseconds ahead_{0};  // of the boot-time clock, as of `boot_`
  BootTime boot_{};
};

}  // namespace rescind::store

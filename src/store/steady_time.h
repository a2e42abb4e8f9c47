#pragma once
// What the authority's words of a term say that the time is. Followers tell from it how old a word
// is that comes late, or what they knew last; a clock that was set meanwhile would make that look
// fresh. So within a term the time goes as the boot-time clock does (but for 0.1 %, by which it
// follows a clock that drifts): the clock as it is now counts from the next term on, whose time
// followers ask for before they believe it. One for all that a process says, in batches and in
// heartbeats; thread-safe.

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/mutex.h"

namespace rescind::store {

class SteadyTime {
 public:
  // `clock` is the database's, or this host's, read at `boot`. A later term begins with it; the one
  // before goes on for who has not seen that yet, and of what is earlier nothing is known.
  WallTime at(std::uint64_t term, WallTime clock, BootTime boot);
  // Whether the clock was set in this term, so that it is more than kClockSlack off: begin another.
  bool was_set(std::uint64_t term, WallTime clock, BootTime boot) const;

 private:
  struct Course {
    // How far the time is ahead of the boot-time clock, if the clock is so far.
    std::chrono::nanoseconds followed(std::chrono::nanoseconds clock, BootTime boot) const;

    std::uint64_t term;
    std::chrono::nanoseconds ahead;  // of the boot-time clock, as of `boot`
    BootTime boot;
  };
  mutable Mutex mutex_;
  std::optional<Course> latest_ GUARDED_BY(mutex_);
  std::optional<Course> before_ GUARDED_BY(mutex_);
};

}  // namespace rescind::store

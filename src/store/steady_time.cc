#include "store/steady_time.h"

#include <algorithm>

#include "store/limits.h"

namespace rescind::store {
namespace {

using std::chrono::nanoseconds;

constexpr int kDriftParts = 1000;  // one of so many

nanoseconds ahead_of(WallTime clock, BootTime boot) {
  return nanoseconds(clock.time_since_epoch()) - boot.time_since_epoch();
}

}  // namespace

// How far the time is ahead of the boot-time clock, if the clock is so far.
nanoseconds SteadyTime::followed(nanoseconds ahead, BootTime boot) const {
  const nanoseconds most = std::max(boot - boot_, nanoseconds(0)) / kDriftParts;
  return std::clamp(ahead, ahead_ - most, ahead_ + most);
}

WallTime SteadyTime::at(std::uint64_t term, WallTime clock, BootTime boot) {
  const nanoseconds ahead = ahead_of(clock, boot);
  ahead_ = term == term_ ? followed(ahead, boot) : ahead;
  term_ = term;
  boot_ = boot;
  return WallTime(std::chrono::floor<Milliseconds>(boot.time_since_epoch() + ahead_));
}

bool SteadyTime::was_set(std::uint64_t term, WallTime clock, BootTime boot) const {
  const nanoseconds ahead = ahead_of(clock, boot);
  return term == term_ && std::chrono::abs(ahead - followed(ahead, boot)) > kClockSlack;
}

}  // namespace rescind::store

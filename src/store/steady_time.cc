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

nanoseconds SteadyTime::Course::followed(nanoseconds clock, BootTime now) const {
  const nanoseconds most = std::max(now - boot, nanoseconds(0)) / kDriftParts;
  return std::clamp(clock, ahead - most, ahead + most);
}

WallTime SteadyTime::at(std::uint64_t term, WallTime clock, BootTime boot) {
  const MutexLock lock(mutex_);
  const nanoseconds ahead = ahead_of(clock, boot);
  if (!latest_ || term > latest_->term) {
    before_ = latest_;
    latest_ = Course{.term = term, .ahead = ahead, .boot = boot};
  }
  std::optional<Course>& course = term == latest_->term ? latest_ : before_;
  if (!course || course->term != term) return clock;
  course->ahead = course->followed(ahead, boot);
  course->boot = std::max(course->boot, boot);
  return WallTime(std::chrono::floor<Milliseconds>(boot.time_since_epoch() + course->ahead));
}

bool SteadyTime::was_set(std::uint64_t term, WallTime clock, BootTime boot) const {
  const MutexLock lock(mutex_);
  if (!latest_ || term != latest_->term) return false;
  const nanoseconds ahead = ahead_of(clock, boot);
  return std::chrono::abs(ahead - latest_->followed(ahead, boot)) > kClockSlack;
}

}  // namespace rescind::store

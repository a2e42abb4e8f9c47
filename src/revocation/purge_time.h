#pragma once
// Up to when everything is forgotten (architecture: Purge time): the smaller of the host's clock
// and the feed's authority time, moving at most twice as fast as the boot-time clock, never
// falling. So a wrong clock can neither purge too early nor bring back what was purged. A value;
// one thread.

#include <optional>

#include "base/clock.h"

namespace rescind::revocation {

class PurgeTime {
 public:
  // 1970 before it is known.
  WallTime value() const { return value_.value_or(WallTime{}); }

  // Without an authority's time nothing moves. The first time that it is known it is taken as it
  // is: there is no speed yet, and it is the smaller of two clocks.
  void advance(Now now, std::optional<WallTime> authority);
  // A snapshot's: a restart goes on from there.
  void raise(WallTime at_least);

 private:
  std::optional<WallTime> value_;
  std::optional<BootTime> moved_;  // when advance() was called last
};

}  // namespace rescind::revocation

#pragma once
// How long a follower waits before it tries again: twice as long after each failure, and by chance
// between half of that and all, so that those whom one failure has struck do not return together. A
// value; one thread.

#include <algorithm>

#include "base/clock.h"
#include "base/random.h"

namespace rescind::transport {

class Backoff {
 public:
  static constexpr Milliseconds kFirst{250};
  // Short against the staleness that verifiers accept: a feed that is back is followed again before
  // anybody is refused for it.
  static constexpr Milliseconds kLongest{2'000};

  explicit Backoff(Random& random) : random_(random) {}

  Milliseconds next() {
    const auto half = static_cast<std::uint64_t>(pause_.count()) / 2;
    pause_ = std::min(kLongest, pause_ * 2);
    return Milliseconds(static_cast<std::int64_t>(half + random_.below(half + 1)));
  }
  void reset() { pause_ = kFirst; }

 private:
  Random& random_;
  Milliseconds pause_ = kFirst;
};

}  // namespace rescind::transport

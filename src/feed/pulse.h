#pragma once
// When to ask the origin for a heartbeat: at the start, and while the roads are silent, so that a
// dead broker costs speed and not freshness. Steppable, one thread.

#include "base/clock.h"
#include "base/random.h"
#include "feed/upstream.h"

namespace rescind::feed {

class Pulse {
 public:
  static constexpr int kSilentHeartbeats = 3;

  Pulse(Upstream& upstream, Random& random, Milliseconds heartbeat)
      : upstream_(upstream), random_(random), heartbeat_(heartbeat) {}

  // A genuine word has come by a road: not to be told before the origin has answered once.
  void heard(BootTime now);
  void answered(BootTime now);
  // Something makes its word worth having: within half a heartbeat.
  void ask_soon(BootTime now);
  BootTime step(BootTime now);

 private:
  void wait_from(BootTime now);
  Milliseconds jitter(Milliseconds up_to);

  Upstream& upstream_;
  Random& random_;
  Milliseconds heartbeat_;
  BootTime due_ = BootTime::min();
  bool asking_ = false;
  bool soon_ = false;
};

}  // namespace rescind::feed

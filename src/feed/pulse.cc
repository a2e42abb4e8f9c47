#include "feed/pulse.h"

#include <algorithm>

namespace rescind::feed {

// Thousands of followers may have lost the same broker, or seen the same term begin.
Milliseconds Pulse::jitter(Milliseconds up_to) {
  return Milliseconds(
      static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(up_to.count()) + 1)));
}

void Pulse::wait_from(BootTime now) {
  due_ = now + heartbeat_ * kSilentHeartbeats + jitter(heartbeat_);
}

void Pulse::ask_soon(BootTime now) {
  soon_ = true;
  due_ = std::min(due_, now + jitter(heartbeat_ / 2));
}

void Pulse::heard(BootTime now) {
  if (!soon_) wait_from(now);
}

void Pulse::answered(BootTime now) {
  asking_ = false;
  wait_from(now);
}

BootTime Pulse::step(BootTime now) {
  if (asking_) return BootTime::max();
  if (now < due_) return due_;
  asking_ = true;
  soon_ = false;
  upstream_.ask_heartbeat();
  return BootTime::max();
}

}  // namespace rescind::feed

#include "feed/pulse.h"

namespace rescind::feed {

// Jittered over one heartbeat more: thousands of followers may have lost the same broker.
void Pulse::wait_from(BootTime now) {
  const auto jitter = random_.below(static_cast<std::uint64_t>(heartbeat_.count()) + 1);
  due_ = now + heartbeat_ * kSilentHeartbeats + Milliseconds(static_cast<std::int64_t>(jitter));
}

void Pulse::heard(BootTime now) { wait_from(now); }

void Pulse::answered(BootTime now) {
  asking_ = false;
  wait_from(now);
}

BootTime Pulse::step(BootTime now) {
  if (asking_) return BootTime::max();
  if (now < due_) return due_;
  asking_ = true;
  upstream_.ask_heartbeat();
  return BootTime::max();
}

}  // namespace rescind::feed

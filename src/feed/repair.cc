#include "feed/repair.h"

#include <algorithm>

namespace rescind::feed {

Milliseconds Repair::drawn(Milliseconds up_to) {
  return Milliseconds(
      static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(up_to.count()) + 1)));
}

void Repair::need(BootTime now) {
  if (asking_ || due_ != BootTime::max()) return;
  due_ = now + drawn(pause_);
}

void Repair::need_snapshot(BootTime now) {
  snapshot_ = true;
  due_ = now;
}

void Repair::go_on(BootTime now) {
  backoff_ = kFirstBackoff;
  snapshot_ = false;
  due_ = now;
}

void Repair::failed(BootTime now) {
  snapshot_ = false;
  due_ = now + backoff_ / 2 + drawn(backoff_ / 2);
  backoff_ = std::min(backoff_ * 2, kLongestBackoff);
}

void Repair::done() {
  backoff_ = kFirstBackoff;
  snapshot_ = false;
  due_ = BootTime::max();
}

BootTime Repair::step(BootTime now, Position after) {
  if (asking_) return BootTime::max();
  if (now < due_) return due_;
  due_ = BootTime::max();
  asking_ = true;
  if (snapshot_) {
    upstream_.ask_snapshot();
  } else {
    upstream_.ask_batches(after);
  }
  return BootTime::max();
}

}  // namespace rescind::feed

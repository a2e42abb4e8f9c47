#pragma once
// When to ask the origin for what is missing, and for what: batches, or a snapshot where batches
// will not do. A first question comes after a jittered pause, since the batch may be under way and
// thousands of followers may miss the same one; failures back off. Steppable, one thread.

#include "base/clock.h"
#include "base/random.h"
#include "feed/upstream.h"

namespace rescind::feed {

class Repair {
 public:
  static constexpr Milliseconds kFirstBackoff{100};
  static constexpr Milliseconds kLongestBackoff{5'000};

  Repair(Upstream& upstream, Random& random, Milliseconds pause)
      : upstream_(upstream), random_(random), pause_(pause) {}

  // Something is missing. Nothing new where a question is due or under way.
  void need(BootTime now);
  // Only a snapshot will do; asked for at once.
  void need_snapshot(BootTime now);
  // The last answer brought something and there is more: ask again at once.
  void go_on(BootTime now);
  // The last answer was an error or no use while something is missing.
  void failed(BootTime now);
  // Nothing is missing.
  void done();

  // Asks what is due; returns when to call again.
  BootTime step(BootTime now, Position after);
  // An answer has come.
  void answered() { asking_ = false; }
  bool under_way() const { return asking_; }

 private:
  Milliseconds drawn(Milliseconds up_to);

  Upstream& upstream_;
  Random& random_;
  Milliseconds pause_;
  Milliseconds backoff_ = kFirstBackoff;
  BootTime due_ = BootTime::max();
  bool snapshot_ = false;
  bool asking_ = false;
};

}  // namespace rescind::feed

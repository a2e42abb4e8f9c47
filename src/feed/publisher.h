#pragma once
// From the log to a transport: batches as soon as they are committed, in order, at least once; a
// heartbeat after `heartbeat` without a batch, and one before it reports ready; a snapshot now and
// then if something has changed, and rarely if nothing has, where the transport keeps them (for a
// while: who reaches nothing but a broker has to find one there).
//
// Steppable: owns no thread, reads no clock. Call step() when woken (a commit) or at its deadline.
// One thread. A transport that refuses is tried again with back-off and jitter. Of several nodes
// the one that has the lease publishes; it goes on where the one before it had got to.

#include <memory>

#include "base/log.h"
#include "base/random.h"
#include "feed/ports.h"

namespace rescind::feed {

class Publisher {
 public:
  struct Options {
    std::string issuer;
    std::string feed;
    Milliseconds heartbeat{1000};
    Milliseconds snapshot_every{60'000};
    Milliseconds snapshot_again{1'800'000};  // half of what a broker has to keep
    std::size_t batches_per_step = 256;
    Position start;                         // publish what comes after this; a lease says it better
    Milliseconds renew_lease_every{3'000};  // a third of a lease's time
  };
  // `lease` may be null: then this is the only publisher to this transport.
  Publisher(Options options, BatchLog& log, Transport& transport,
            std::shared_ptr<const jwt::SigningKey> key, Random& random, Log& events,
            Lease* lease = nullptr);

  // Publishes what is due; returns when to call again at the latest.
  BootTime step(Now now);
  // Lets another have the lease at once. Not stepped after it.
  void stop();
  // Whether the transport has had a heartbeat, or another node has the lease.
  bool ready() const;
  Position published() const;
  // Whether the last attempt failed.
  bool refused() const { return failures_ > 0; }

 private:
  Result<BootTime> publish_due(Now now);
  Result<void> hold_lease(Now now);
  Result<std::size_t> publish_batches();
  Result<void> skip_to_snapshot();
  Result<BootTime> publish_heartbeat(Now now);
  Result<BootTime> publish_snapshot(Now now);
  BootTime back_off(const Error& error, Now now);

  Options options_;
  BatchLog& log_;
  Transport& transport_;
  std::shared_ptr<const jwt::SigningKey> key_;
  Random& random_;
  Log& events_;
  Lease* lease_;
  bool held_ = false;
  BootTime next_lease_{};
  Position published_;
  BootTime next_heartbeat_{};
  BootTime next_snapshot_{};
  BootTime snapshot_again_{};
  Position snapshot_of_;
  BootTime not_before_{};
  unsigned failures_ = 0;
  bool ready_ = false;
};

}  // namespace rescind::feed

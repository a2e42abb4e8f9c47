#pragma once
// When a follower's checkpoint is written, and which one is believed at the start: an undamaged
// one, of this feed, whose last signed word names its position and is signed by a key that is
// pinned or announced. Steppable, one thread.

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "feed/chain.h"
#include "feed/checkpoint.h"
#include "feed/ports.h"
#include "revocation/index.h"

namespace rescind::feed {

class Checkpointing {
 public:
  struct Options {
    std::string issuer;
    std::string feed;
    Milliseconds every{30'000};
  };
  // `checkpoint` may be null: then nothing is kept.
  Checkpointing(Options options, Checkpoint* checkpoint)
      : options_(std::move(options)), checkpoint_(checkpoint) {}

  // Nothing where there is none; kCorrupt where it is not to be believed.
  Result<std::optional<CheckpointState>> load(const jwt::KeySet& keys);
  // `at`: the authority's time up to which all is known.
  Result<void> save(const Chain& chain, const revocation::Index& index, WallTime at);
  // When to save next, if there is something new; starts to count at the first call.
  BootTime due(BootTime now, const Place& place);
  // After a save, good or bad.
  void saved(BootTime now) { due_ = now + options_.every; }

 private:
  Options options_;
  Checkpoint* checkpoint_;
  std::optional<BootTime> due_;
  Place saved_;
};

}  // namespace rescind::feed

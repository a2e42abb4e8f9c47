#pragma once
// A signed word that names a position: what a follower keeps beside its own position, writes into
// its checkpoint, and shows the authority where histories disagree. Pure.

#include <string_view>

#include "feed/batch.h"

namespace rescind::feed {

// "The authority signed that batch `position` has this hash."
struct Proof {
  std::string issuer;
  std::string feed;
  Position position;
  Digest hash{};
  WallTime at{};
};

// Takes a batch, a heartbeat or a manifest; `keys` are extended by a manifest's own announcements.
// kCorrupt: none of these, or not signed by one of the keys.
Result<Proof> read_proof(std::string_view jws, const jwt::KeySet& keys);

}  // namespace rescind::feed

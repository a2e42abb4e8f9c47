#pragma once
// The blob that a follower keeps on its own disk: a whole local snapshot (all that a manifest
// holds, the segments, and the last signed word that names its position), with a SHA-256 over all.
// docs/formats.md is normative. What is damaged is never loaded. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "feed/manifest.h"

namespace rescind::feed {

struct CheckpointState {
  Manifest manifest;  // its segments' digests are not used: the blob has one over all
  std::vector<std::string> segments;  // revocation/segment.h
  std::string proof;                  // the last signed word that names the position
};

// Lets go of each segment once it is in the blob, so there are never two of all of them.
std::string encode_checkpoint(CheckpointState state);
// kCorrupt: torn, flipped, of another version. Says nothing about the proof's signature; the
// segments' records are read when they are loaded.
Result<CheckpointState> decode_checkpoint(std::string_view blob);

}  // namespace rescind::feed

#pragma once
// The signed table of contents of a snapshot, and the history that every follower keeps: terms and
// keys. docs/formats.md is normative. Values; pure functions.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "feed/batch.h"
#include "feed/ports.h"

namespace rescind::feed {

inline constexpr std::size_t kMaxManifestBytes = std::size_t{8} << 20U;  // of the JWS

// A term and where it began. Kept for good: from it one tells whether a position lies in this
// history.
struct Term {
  std::uint64_t term = 0;
  std::uint64_t first = 0;  // the number of its first batch
  Digest previous{};        // hash of the batch before that
  bool operator==(const Term&) const = default;
};

struct Manifest {
  std::string issuer;
  std::string feed;
  Position position;
  Digest head{};
  WallTime at{};
  WallTime purge_time{};
  std::vector<Term> terms;
  std::shared_ptr<const revocation::Rules> rules;
  std::vector<std::string> keys;  // the feed's public JWKs now
  // How keys were announced: JWSs of `keys` batches, oldest first, each signed under the keys
  // before it, so that a follower pinned to an old key gets to the new one.
  std::vector<std::string> announcements;
  std::vector<Digest> segments;  // SHA-256 of each, in order
};

Result<std::string> seal(const Manifest& manifest, const jwt::SigningKey& key);
// Checks the signature with `keys` extended by the announcements that they vouch for. kCorrupt;
// kInvalid where the snapshot holds what this version does not understand.
Result<Manifest> open_manifest(std::string_view jws, const jwt::KeySet& keys);

// The members of a manifest as JSON, without a signature: what a checkpoint holds too.
std::string to_json(const Manifest& manifest);
Result<Manifest> parse_manifest(std::string_view json_text);

// Whether a history that has these terms and ends at `head` contains the position.
bool contains(const std::vector<Term>& terms, Position head, Position position);

}  // namespace rescind::feed

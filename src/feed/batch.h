#pragma once
// The words of a feed: batches, which are links of its chain, and heartbeats, which are not. Each
// is a compact JWS (a Security Event Token, RFC 8417) signed with the feed's Ed25519 key.
// docs/formats.md is normative. Values; pure functions.

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "jwt/key.h"
#include "jwt/signing_key.h"
#include "revocation/position.h"
#include "revocation/revocation.h"
#include "revocation/rules.h"

namespace rescind::feed {

using revocation::Position;

inline constexpr std::size_t kMaxBatchEntries = 4096;
inline constexpr std::size_t kMaxBatchBytes = std::size_t{512} << 10U;  // of the JWS
inline constexpr std::size_t kMaxFeedNameBytes = 64;
inline constexpr std::size_t kMaxFeedKeys = 16;

enum class Kind : std::uint8_t { kRevocations, kRules, kKeys, kTerm, kUnknown };

// A link of the chain. An unknown kind is ignored (its number counts) unless it is critical.
struct Batch {
  Kind kind = Kind::kRevocations;
  bool critical = false;
  bool wants_receipt = false;  // followers report at once that they have applied it
  std::string issuer;          // the authority's iss: the default issuer of its revocations
  std::string feed;
  Position position;
  WallTime at{};
  Digest previous{};  // SHA-256 of the JWS of the batch before; zeros for number 1
  std::vector<revocation::Revocation> revocations;  // kRevocations
  std::shared_ptr<const revocation::Rules> rules;   // kRules
  std::vector<std::string> keys;                    // kKeys: public JWKs, from here on
};

// "The feed ends at `head` at the time `at`."
struct Heartbeat {
  std::string issuer;
  std::string feed;
  Position head;
  Digest hash{};
  WallTime at{};
};

// A batch as it travels and is stored.
struct Sealed {
  Position position;
  Digest hash{};  // SHA-256 of `jws`
  std::string jws;
};

// Signs. kTooLarge past kMaxBatchEntries or kMaxBatchBytes (the caller splits).
Result<Sealed> seal(const Batch& batch, const jwt::SigningKey& key);
std::string seal(const Heartbeat& heartbeat, const jwt::SigningKey& key);

// A word taken apart, its signature not yet looked at.
struct Word {
  std::variant<Batch, Heartbeat> content;
  std::string key_id;
  Digest hash{};  // SHA-256 of the whole JWS
};
// kCorrupt: not a JWS of ours, wrong types, over a limit. Unknown members are ignored.
Result<Word> read_word(std::string_view jws);
// True where the JWS bears a good signature by the key that it names.
bool signed_by(std::string_view jws, std::string_view key_id, const jwt::KeySet& keys);

}  // namespace rescind::feed

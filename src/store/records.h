#pragma once
// The rows of the store as plain values. Times are milliseconds since 1970 (WallTime) unless said.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/secret.h"
#include "revocation/position.h"
#include "revocation/revocation.h"

namespace rescind::store {

using revocation::Position;
using revocation::Stamp;

// A history that this one does not contain, up to `position`.
struct Loss {
  Position position;
  WallTime at{};
  std::uint64_t recovered_term = 0;  // the term that was begun for it
  bool was_cut = false;
  std::string proof;
  // What of it may still be taken back: from the newest batch that is missing downward.
  struct Late {
    WallTime until{};
    std::uint64_t missing_number = 0;
    Digest missing_hash{};
  };
  std::optional<Late> late{};  // nothing is expected
};

struct Account {
  std::string id;    // `sub`; opaque, never reused
  std::string name;  // what the user types; unique, case-sensitive after NFC-free trimming
  std::string email;
  std::string password_hash;  // argon2id encoded string; empty: cannot sign in by password
  std::int64_t credential_version = 1;  // grows with each change of password, disabling, enabling
  bool disabled = false;
  bool administrator = false;
  WallTime created{};
};

struct Client {
  std::string id;
  Digest secret_hash{};  // SHA-256 of a random secret of 256 bits
  // Space-separated words of: login sessions introspect revoke follow admin.
  std::string roles;
  bool disabled = false;
  WallTime created{};
};

enum class SessionState : std::uint8_t {
  kActive = 0,
  kSignedOut = 1,
  kRevoked = 2,
  kCompromised = 3
};

struct Session {
  std::string id;  // `sid`
  std::string subject;
  std::string client_id;
  std::string scope;  // space-separated
  std::vector<std::string> audience;
  std::string email;  // as signed into access tokens
  Stamp stamp;        // of its sign-in
  SessionState state = SessionState::kActive;
  WallTime created{};
  WallTime expires{};                   // no refresh after this
  std::int64_t last_access_expiry = 0;  // s: the greatest `exp` of an access token of it
  std::string address;                  // where the sign-in came from
  std::string user_agent;
};

enum class RefreshState : std::uint8_t { kActive = 0, kRotated = 1 };

struct RefreshToken {
  Digest hash{};  // SHA-256 of the token; the token itself is never stored
  std::string session_id;
  std::optional<Digest> parent;  // hash of the one it succeeded
  RefreshState state = RefreshState::kActive;
  WallTime created{};
  WallTime rotated{};           // when kRotated
  bool successor_used = false;  // its successor has been presented: no grace any more
};

enum class KeyState : std::uint8_t { kNext = 0, kActive = 1, kRetired = 2, kGone = 3 };

struct SigningKeyRow {
  std::string id;
  std::string algorithm;
  std::string sealed_pem;  // encrypted under the authority's master key
  std::string public_jwk;
  KeyState state = KeyState::kNext;
  WallTime created{};
  WallTime changed{};            // when it came into this state
  std::int64_t last_expiry = 0;  // s: the greatest `exp` that it may have signed
};

// One acknowledged act of revoking, for the audit and GET /v1/revocations.
struct RevocationRecord {
  std::string id;
  revocation::Revocation revocation;
  Position position;  // of the batch that carries it
  WallTime at{};
  std::string actor;  // who did it
  std::string note;   // --reason, in the actor's words
};

}  // namespace rescind::store

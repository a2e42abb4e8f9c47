#pragma once
// The one secret outside the database and its backups: 32 random bytes in a file, from which the
// authority's other secrets are derived (HKDF-SHA256, RFC 5869): the key that makes successors of
// refresh tokens, and the key under which token signing keys lie in the database (AES-256-GCM).
// Who steals the database has neither. Immutable, thread-safe.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "jwt/signing_key.h"

namespace rescind::authority {

class MasterKey {
 public:
  // Reads the file, or makes it where there is none. kInvalid: not 32 bytes, or others may read it.
  static Result<MasterKey> open(const std::string& path, Random& random);
  explicit MasterKey(const Secret& bytes);

  // HMAC-SHA256 under the key for successors.
  Digest successor_of(std::string_view parent) const;

  // Seals under AES-256-GCM with a fresh nonce; `name` is bound to it, so that sealed texts cannot
  // change places. base64url(nonce ‖ ciphertext ‖ tag).
  std::string seal(const Secret& plain, std::string_view name, Random& random) const;
  // kCorrupt: damaged, another name, or sealed under another master key.
  Result<Secret> unseal(std::string_view sealed, std::string_view name) const;

 private:
  Secret successor_key_;
  Secret sealing_key_;
};

// The key that signs the feed (Ed25519, PKCS#8 PEM), out of its file, made where there is none. Not
// a token key: who steals one has not the other.
Result<std::shared_ptr<const jwt::SigningKey>> open_feed_key(const std::string& path);

}  // namespace rescind::authority

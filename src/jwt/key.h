#pragma once
// Verification keys. A key has exactly one algorithm, fixed when it is loaded (RFC 8725 3.1); what
// a token says can never make it another's. Keys are checked at load: RSA 2048..8192 bits, odd
// exponent 3 ≤ e < 2^32, no ROCA (CVE-2017-15361); EC points on their curve with coordinates of
// exact length; HMAC secrets no shorter than the hash (RFC 7518 3.2). Immutable and thread-safe.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/json.h"
#include "base/result.h"
#include "base/secret.h"
#include "jwt/algorithm.h"

namespace rescind::jwt {

class Key {
 public:
  // From a public JWK (RFC 7517). `fallback` is the algorithm for a key that names none (and whose
  // type leaves a choice: RSA); a key without either gets RS256 for RSA, by its curve for EC and
  // OKP. `oct` keys are refused here: secrets come by from_secret alone; so is a key that holds its
  // private half. kInvalid with the reason.
  static Result<Key> from_jwk(json::Value jwk, std::optional<Algorithm> fallback = std::nullopt);
  // An HMAC secret out of the configuration.
  static Result<Key> from_secret(std::string key_id, Algorithm algorithm, const Secret& secret);

  Key(Key&&) noexcept;
  Key& operator=(Key&&) noexcept;
  ~Key();

  Algorithm algorithm() const;
  // Empty where the JWK has no `kid`.
  std::string_view key_id() const;
  // RFC 7638 SHA-256 thumbprint, base64url; for secrets too (over `k`), never published.
  std::string_view thumbprint() const;
  // What a `kid` revocation names: key_id, else the thumbprint.
  std::string_view revocation_id() const;
  // The public JWK as JSON (with kid, alg, use); empty for secrets.
  const std::string& public_jwk() const;

  // True where `signature` is this key's over `signing_input`. Exact lengths (RFC 7518 3.4), 1 ≤
  // r,s < n. Uses a context of the calling thread that is kept for the key: what is allocated when
  // warm is OpenSSL's own (numbers of RSA and ECDSA).
  bool verify(std::string_view signing_input, ByteView signature) const;

 private:
  struct Body;
  explicit Key(std::unique_ptr<const Body> body);
  std::unique_ptr<const Body> body_;
  friend class SigningKey;
};

// An issuer's keys. Immutable.
class KeySet {
 public:
  KeySet() = default;
  explicit KeySet(std::vector<Key> keys);

  struct Parsed;
  // A JWKS (RFC 7517 5): keys that are for encryption, unknown, weak or ambiguous (a `kid` used
  // twice: both) are left out, each with a word in `skipped`; the rest are kept. kInvalid where the
  // text is no key set at all. Limits: 512 KiB, 64 keys.
  static Result<Parsed> parse(std::string_view jwks,
                              std::optional<Algorithm> fallback = std::nullopt);

  // The key with this id; where the token names none, the only key there is. Else null.
  const Key* find(std::optional<std::string_view> key_id) const;
  const std::vector<Key>& keys() const { return keys_; }

 private:
  std::vector<Key> keys_;
};

struct KeySet::Parsed {
  KeySet keys;
  std::vector<std::string> skipped;  // "key es-1: coordinate x has 31 bytes"
};

}  // namespace rescind::jwt

#pragma once
// Private keys: generate, store, sign. Immutable after its making; thread-safe.

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "jwt/key.h"

namespace rescind::jwt {

class SigningKey {
 public:
  // A new RS256 (2048 bits), PS256, ES256, ES384, ES512 or EdDSA key. Its id is the RFC 7638
  // thumbprint.
  static Result<SigningKey> generate(Algorithm algorithm);
  // An unencrypted PKCS#8 PEM; the key's type has to fit the algorithm.
  static Result<SigningKey> from_pem(const Secret& pem, Algorithm algorithm);
  Secret to_pem() const;

  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;
  ~SigningKey();

  Algorithm algorithm() const;
  std::string_view key_id() const;
  // The public half, with the same key id.
  const Key& public_key() const;

  // The signature's bytes in JOSE form (RFC 7518 3.4: r || s for ECDSA).
  std::string sign(std::string_view signing_input) const;

 private:
  struct Body;
  explicit SigningKey(std::unique_ptr<const Body> body);
  std::unique_ptr<const Body> body_;
};

// A compact JWS (RFC 7515 7.1) with the protected header {"alg","typ","kid"} in that order.
std::string sign_compact(const SigningKey& key, std::string_view type, std::string_view payload);

}  // namespace rescind::jwt

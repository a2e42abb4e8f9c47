#pragma once
// A public key out of a JWK's own members (RFC 7518 6, RFC 8037 2), checked for strength, and the
// bare signature check with it. Private to src/jwt: `Key` adds what a key may be used for.
// Immutable and thread-safe.

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/json.h"
#include "base/result.h"
#include "jwt/evp.h"

namespace rescind::jwt {

class PublicKey {
 public:
  // kInvalid with the reason: a member missing or misspelt, an unknown curve, a weak modulus, a
  // point off its curve.
  static Result<PublicKey> from_jwk(json::Value jwk);

  // The algorithm that its curve decides (RFC 7518 3.4, RFC 8037 3.1); nothing for RSA.
  std::optional<Algorithm> algorithm_of_curve() const { return algorithm_of_curve_; }
  // The members that its RFC 7638 thumbprint is made of, as JSON in that order.
  const std::string& canonical_jwk() const { return canonical_jwk_; }

  // `algorithm` fits the key and is always the same.
  bool verify(Algorithm algorithm, std::string_view message, ByteView signature) const;

 private:
  static Result<PublicKey> rsa_from_jwk(json::Value jwk);
  static Result<PublicKey> ec_from_jwk(json::Value jwk);
  static Result<PublicKey> okp_from_jwk(json::Value jwk);
  bool verify_rsa(Algorithm algorithm, std::string_view message, ByteView signature) const;
  bool verify_ecdsa(Algorithm algorithm, std::string_view message, ByteView signature) const;

  std::optional<Algorithm> algorithm_of_curve_;
  std::string canonical_jwk_;
  Pkey pkey_;                               // RSA and EC
  std::size_t signature_size_ = 0;          // RSA: as the modulus; EC: twice a coordinate
  std::array<std::uint8_t, 66> order_{};    // EC: n in half a signature's bytes, big-endian
  std::array<std::uint8_t, 32> ed25519_{};  // OKP
};

// A curve of RFC 7518 6.2.1.1.
struct Curve {
  std::string_view name;        // in a JWK
  const char* openssl_name;     // of OpenSSL's group
  std::size_t coordinate_size;  // bytes
  Algorithm algorithm;
};
const Curve* curve_named(std::string_view name);
const Curve* curve_of(Algorithm algorithm);

}  // namespace rescind::jwt

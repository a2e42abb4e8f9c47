#pragma once
// HMAC (RFC 2104) with SHA-2 for HS256, HS384, HS512 (RFC 7518 3.2). Immutable, thread-safe; wipes
// its key. Private to src/jwt.

#include "base/bytes.h"
#include "base/secret.h"
#include "jwt/evp.h"

namespace rescind::jwt {

class Hmac {
 public:
  // `hash_bytes` is 32, 48 or 64; the secret may have any length.
  Hmac(std::size_t hash_bytes, const Secret& secret);

  HashValue tag(std::string_view message) const;
  // In constant time. False for a tag of another length than the hash's.
  bool verify(std::string_view message, ByteView tag_given) const;

 private:
  std::size_t hash_bytes_;
  Secret inner_;  // the padded key XOR ipad
  Secret outer_;  // the padded key XOR opad
};

}  // namespace rescind::jwt

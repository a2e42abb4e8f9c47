#pragma once
// What the fuzzers of this folder do with one input, for the fuzzers and for the test of their
// corpus. Each returns true where the input was good, and aborts where a promise is broken.

#include <cstdlib>
#include <string>
#include <string_view>

#include "jwt/base64url.h"
#include "jwt/claims.h"
#include "jwt/jws.h"
#include "jwt/key.h"

namespace rescind::jwt {

inline void promise(bool kept) {
  if (!kept) std::abort();
}

// A byte string has one spelling: what decodes, encodes to the same text.
inline bool fuzz_base64url(std::string_view text) {
  promise(base64url_decode(base64url_encode(text)) == text);
  const auto bytes = base64url_decode(text);
  if (!bytes) return false;
  promise(base64url_encode(*bytes) == text);
  return true;
}

// A token as the verifier reads it, up to the signature.
inline bool fuzz_jws(std::string_view token) {
  static json::Reader header_reader;
  static json::Reader payload_reader;
  const auto parts = split_compact(token);
  if (!parts) return false;
  promise(parts->signing_input.size() + 1 + parts->signature.size() == token.size());
  const auto header_text = base64url_decode(parts->header);
  const auto payload_text = base64url_decode(parts->payload);
  const auto signature = base64url_decode(parts->signature);
  if (!header_text || !payload_text || !signature) return false;
  const auto header = read_header(*header_text, header_reader);
  if (!header) return false;
  promise(!header->key_id || is_key_id(*header->key_id));
  const auto payload = read_payload(*payload_text, payload_reader);
  if (!payload) return false;
  promise(!payload->claims.token_id || payload->claims.token_id->size() <= 128);
  if (payload->claims.audience) names_audience(*payload->claims.audience, "api");
  return true;
}

// What is loaded can be published and loaded again, as the same key; and it verifies nothing.
inline bool fuzz_jwks(std::string_view jwks) {
  const auto parsed = KeySet::parse(jwks);
  if (!parsed) return false;
  const std::string zeros(512, '\0');
  for (const Key& key : parsed->keys.keys()) {
    promise(!is_symmetric(key.algorithm()));
    for (const std::size_t size : {64U, 96U, 132U, 256U}) {
      promise(!key.verify("message", bytes_of(std::string_view(zeros).substr(0, size))));
    }
    json::Reader reader;
    const auto jwk = reader.parse(key.public_jwk(), json::Limits{});
    promise(jwk.has_value());
    const auto again = Key::from_jwk(*jwk);
    promise(again.has_value() && again->thumbprint() == key.thumbprint() &&
            again->algorithm() == key.algorithm() && again->key_id() == key.key_id());
  }
  return !parsed->keys.keys().empty();
}

}  // namespace rescind::jwt

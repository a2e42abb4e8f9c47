#pragma once
// The registered claims (RFC 7519 4.1) out of a decoded payload, each of the right type or refused.
// Which are required, and whether their values will do, is the verifier's to say.

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "base/json.h"
#include "rescind/decision.h"

namespace rescind::jwt {

// Seconds since 1970 with what stands behind the point (RFC 7519 2 NumericDate), in milliseconds.
using NumericDate = std::int64_t;

struct RegisteredClaims {
  std::string_view issuer;  // required here: without it there is no issuer to ask
  std::optional<std::string_view> subject;
  std::optional<std::string_view> token_id;  // 1..128 bytes
  std::optional<NumericDate> expires;        // ms
  std::optional<NumericDate> not_before;     // ms
  std::optional<NumericDate> issued;         // ms
  std::optional<json::Value> audience;       // a string, or an array of strings only
};

// The payload object itself (for `sid`, `scope`, `fpos` and what an issuer's rules declare) and the
// registered claims. kJson, or kClaim: iss, sub, jti, aud or a date of the wrong type; a date that
// is not finite or past 253402300799; a control character or NUL in iss, sub, jti, sid, client_id,
// email, scope.
struct Payload {
  json::Value object;
  RegisteredClaims claims;
};
std::expected<Payload, Reason> read_payload(std::string_view json_text, json::Reader& reader);

// RFC 7519 4.1.3: exact, case-sensitive; true where `aud` is or contains `audience`.
bool names_audience(json::Value aud, std::string_view audience);

}  // namespace rescind::jwt

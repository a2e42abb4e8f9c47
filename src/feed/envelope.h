#pragma once
// The compact JWS (RFC 7515 7.1) around everything that a feed signs: a header of exactly `alg`
// (EdDSA), `typ` and `kid`. Opening one looks at its form alone; `signed_by` looks at the
// signature. Pure.

#include <string>
#include <string_view>

#include "base/result.h"
#include "jwt/key.h"

namespace rescind::feed {

inline constexpr std::string_view kWordType = "secevent+jwt";  // RFC 8417 2.3
inline constexpr std::string_view kManifestType = "rescind-manifest+jwt";

struct Envelope {
  std::string key_id;
  std::string payload;  // decoded
};

// kCorrupt: not such a JWS, of another type, or over `max_bytes`.
Result<Envelope> open_envelope(std::string_view jws, std::string_view type, std::size_t max_bytes);

}  // namespace rescind::feed

#pragma once
// Compact JWS (RFC 7515 7.1), taken apart strictly. Nothing here checks a signature or a policy.
// Views point into the token that was given. One pass, no allocation once the buffers have grown.

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "jwt/algorithm.h"
#include "rescind/decision.h"

namespace rescind::jwt {

inline constexpr std::size_t kMaxTokenBytes = 8192;
inline constexpr std::size_t kMaxKeyIdBytes = 128;  // printable ASCII
inline constexpr json::Limits kHeaderLimits{.bytes = kMaxTokenBytes, .depth = 4, .members = 64};
inline constexpr json::Limits kPayloadLimits{.bytes = kMaxTokenBytes, .depth = 8, .members = 256};

// 1 to kMaxKeyIdBytes characters of %x21-7E.
bool is_key_id(std::string_view text);

// The three parts, still encoded.
struct CompactParts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signing_input;  // header "." payload
};

// kTooLarge past `max_bytes`, kMalformed unless there are exactly three parts in the base64url
// alphabet, header and signature not empty. (An empty payload is a JWS; it is no JSON.)
std::expected<CompactParts, Reason> split_compact(std::string_view token,
                                                  std::size_t max_bytes = kMaxTokenBytes);

struct Header {
  Algorithm algorithm{};
  std::string_view type;  // `typ` as it stands; empty where there is none
  std::optional<std::string_view> key_id;
};

// Reads a decoded header. kJson; kCrit for any `crit`; kHeader for jwk, jku, x5u, x5c, b64, zip or
// an ill-typed kid; kAlgorithm for an algorithm that does not exist; kType for a `typ` that is no
// string; kUnknownKey for a kid over kMaxKeyIdBytes or outside %x21-7E. Views live as long as the
// reader's document.
std::expected<Header, Reason> read_header(std::string_view json_text, json::Reader& reader);

}  // namespace rescind::jwt

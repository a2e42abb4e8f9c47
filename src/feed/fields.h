#pragma once
// Typed members of the JSON objects in our words and manifests. Whole numbers are those that every
// JSON implementation keeps exactly, 0 to 2^53 − 1 (RFC 7493 2.2); anything else is kCorrupt, with
// the member's name and never its value. Pure.

#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "revocation/position.h"

namespace rescind::feed {

inline constexpr std::uint64_t kMaxWhole = (std::uint64_t{1} << 53U) - 1;

std::unexpected<Error> wrong_member(std::string_view name);

Result<std::uint64_t> read_whole(json::Value object, std::string_view name);
Result<WallTime> read_time(json::Value object, std::string_view name);  // ms
// Not empty; views live as long as the reader's document.
Result<std::string_view> read_text(json::Value object, std::string_view name);
// base64url of 32 bytes.
Result<Digest> read_digest(json::Value object, std::string_view name);
Result<Digest> parse_digest(std::string_view text);
// The members "term" and "number".
Result<revocation::Position> read_position(json::Value object);

// Objects and arrays: the child of this type. kCorrupt where there is none.
Result<json::Value> read_object(json::Value object, std::string_view name);
Result<json::Value> read_array(json::Value object, std::string_view name);

}  // namespace rescind::feed

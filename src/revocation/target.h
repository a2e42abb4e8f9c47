#pragma once
// What can be revoked: (issuer, claim, value), and the 128-bit key under which it is remembered.
// The key is the same in every language; docs/formats.md has its definition and vectors. Pure.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"

namespace rescind::revocation {

inline constexpr std::int64_t kMaxInteger = std::int64_t{1} << 53;  // either sign
inline constexpr std::size_t kMaxValueBytes = 512;
inline constexpr std::size_t kMaxIssuerBytes = 512;
inline constexpr std::size_t kMaxClaimBytes = 64;

// A string or an integer within ±2^53; nothing else is revocable.
using Value = std::variant<std::string, std::int64_t>;
using ValueView = std::variant<std::string_view, std::int64_t>;
std::string to_string(const Value& value);

// The canonical claims. Whatever claim carries an issuer's session is "sid" here.
namespace claim {
inline constexpr std::string_view kTokenId = "jti";
inline constexpr std::string_view kSession = "sid";
inline constexpr std::string_view kSubject = "sub";
inline constexpr std::string_view kClient = "client_id";
inline constexpr std::string_view kKeyId = "kid";
inline constexpr std::string_view kIssuer = "iss";  // the value is the issuer itself
}  // namespace claim

// Whether entries of this claim carry a cut: all but jti, sid and kid do.
bool has_cut(std::string_view claim);

struct Target {
  std::string issuer;
  std::string claim;
  Value value;

  bool operator==(const Target&) const = default;
};

// kInvalid: empty or over a limit, an integer out of range, control characters (C0, DEL), not
// UTF-8, an `iss` target whose value is another issuer.
Result<void> check(const Target& target);

// The first 128 bits of SHA-256 over version, issuer, claim, type tag and value, each with its
// length.
struct Key {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  auto operator<=>(const Key&) const = default;
};

Key key_of(std::string_view issuer, std::string_view claim, const ValueView& value);
Key key_of(const Target& target);

}  // namespace rescind::revocation

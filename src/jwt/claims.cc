#include "jwt/claims.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "jwt/jws.h"

namespace rescind::jwt {
namespace {

constexpr std::size_t kMaxTokenIdBytes = 128;
constexpr std::int64_t kMaxDateSeconds = 253402300799;  // 9999-12-31T23:59:59Z

// Claims that end in headers, logs and revocation keys: a control character in one of them is an
// attack on whoever reads those (CR LF makes a header of a name).
constexpr std::array<std::string_view, 7> kIdentityClaims = {"iss",   "sub",   "jti",      "sid",
                                                             "email", "scope", "client_id"};

// Unicode's Cc, in text known to be UTF-8: C0, DEL, and C1 as C2 80 to C2 9F.
bool is_control_character(std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte < 0x20 || byte == 0x7f) return true;
  return byte == 0xc2 && static_cast<unsigned char>(text[at + 1]) < 0xa0;
}

// Has any of the eight bytes a value that a control character could begin with? (A borrow may say
// yes for a byte above such a one: never no.)
bool needs_a_look(const char* at) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof(word));
  const auto zeros = [](std::uint64_t bytes) { return (bytes - kOnes) & ~bytes; };
  const std::uint64_t found =
      ((word - kOnes * 0x20) & ~word) | zeros(word ^ kOnes * 0x7f) | zeros(word ^ kOnes * 0xc2);
  return (found & kOnes * 0x80) != 0;
}

bool has_control_character(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    if (i + 8 <= text.size() && !needs_a_look(text.data() + i)) {
      i += 8;
      continue;
    }
    if (is_control_character(text, i)) return true;
    ++i;
  }
  return false;
}

bool is_identity_claim(std::string_view name) {
  return std::find(kIdentityClaims.begin(), kIdentityClaims.end(), name) != kIdentityClaims.end();
}

// RFC 7519 2 NumericDate. Not clamped: what lies outside the years 0 to 9999 is no date but a
// mistake or a trick, as is anything but a number.
std::optional<NumericDate> date(json::Value value) {
  if (const auto seconds = value.integer()) {
    if (*seconds > kMaxDateSeconds || *seconds < -kMaxDateSeconds) return std::nullopt;
    return *seconds * 1000;
  }
  const auto seconds = value.number();
  if (!seconds || std::abs(*seconds) > static_cast<double>(kMaxDateSeconds)) return std::nullopt;
  return std::llround(*seconds * 1000);
}

bool read_date(json::Value value, std::optional<NumericDate>& out) {
  out = date(value);
  return out.has_value();
}

bool is_audience(json::Value value) {
  if (value.is_string()) return true;
  if (!value.is_array()) return false;
  for (auto element = value.first(); element; element = element->next()) {
    if (!element->is_string()) return false;
  }
  return true;
}

bool read_text(json::Value value, std::optional<std::string_view>& out) {
  out = value.string();
  return out.has_value();
}

// False where the claim is of the wrong type or form.
bool read_claim(json::Value claim, RegisteredClaims& claims, bool& has_issuer) {
  const std::string_view name = claim.name();
  if (is_identity_claim(name)) {
    const auto text = claim.string();
    if (text && has_control_character(*text)) return false;
  }
  if (name == "exp") return read_date(claim, claims.expires);
  if (name == "nbf") return read_date(claim, claims.not_before);
  if (name == "iat") return read_date(claim, claims.issued);
  if (name == "sub") return read_text(claim, claims.subject);
  if (name == "iss") {
    has_issuer = claim.is_string();
    claims.issuer = claim.string().value_or("");
    return has_issuer;
  }
  if (name == "jti") {
    return read_text(claim, claims.token_id) && !claims.token_id->empty() &&
           claims.token_id->size() <= kMaxTokenIdBytes;
  }
  if (name == "aud") {
    claims.audience = claim;
    return is_audience(claim);
  }
  return true;
}

}  // namespace

std::expected<Payload, Reason> read_payload(std::string_view json_text, json::Reader& reader) {
  const auto root = reader.read(json_text, kPayloadLimits);
  if (!root || !root->is_object()) return std::unexpected(Reason::kJson);
  Payload payload{.object = *root, .claims = {}};
  bool has_issuer = false;
  for (auto claim = root->first(); claim; claim = claim->next()) {
    if (!read_claim(*claim, payload.claims, has_issuer)) return std::unexpected(Reason::kClaim);
  }
  if (!has_issuer) return std::unexpected(Reason::kClaim);
  return payload;
}

bool names_audience(json::Value aud, std::string_view audience) {
  if (const auto one = aud.string()) return *one == audience;
  if (!aud.is_array()) return false;
  for (auto element = aud.first(); element; element = element->next()) {
    if (element->string() == audience) return true;
  }
  return false;
}

}  // namespace rescind::jwt

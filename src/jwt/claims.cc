#include "jwt/claims.h"

#include <algorithm>
#include <cmath>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "jwt/jws.h"

namespace rescind::jwt {
namespace {

constexpr std::size_t kMaxTokenIdBytes = 128;
constexpr std::int64_t kMaxDateSeconds = 253402300799;  // 9999-12-31T23:59:59Z

// Unicode's Cc, in text known to be UTF-8: C0, DEL, and C1 as C2 80 to C2 9F.
bool is_control_character(std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte < 0x20 || byte == 0x7f) return true;
  return byte == 0xc2 && static_cast<unsigned char>(text[at + 1]) < 0xa0;
}

// How many bytes it looks at, all of which are there; whether any could begin a control character:
// never no where one does.
#if defined(__SSE2__)
constexpr std::size_t kLook = 16;
bool needs_a_look(const char* at) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  // Signed: what is not ASCII is below all that is.
  const __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
  const __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
  return _mm_movemask_epi8(_mm_or_si128(low, del)) != 0;
}
#else
constexpr std::size_t kLook = 1;
bool needs_a_look(const char* /*at*/) { return true; }
#endif

bool has_control_character(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    if (text.size() >= kLook) {
      // The last look goes over some bytes again.
      const std::size_t from = std::min(i, text.size() - kLook);
      if (!needs_a_look(text.data() + from)) {
        i = from + kLook;
        continue;
      }
    }
    if (is_control_character(text, i)) return true;
    ++i;
  }
  return false;
}

// For claims that end in headers, logs and revocation keys: a control character in one of them is
// an attack on whoever reads those (CR LF makes a header of a name).
bool is_clean(json::Value claim) {
  const auto text = claim.string();
  return !text || !has_control_character(*text);
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

bool read_issuer(json::Value claim, RegisteredClaims& claims) {
  claims.issuer = claim.string().value_or("");
  return claim.is_string() && is_clean(claim);
}

bool read_token_id(json::Value claim, RegisteredClaims& claims) {
  return read_text(claim, claims.token_id) && !claims.token_id->empty() &&
         claims.token_id->size() <= kMaxTokenIdBytes && is_clean(claim);
}

// False where the claim is of the wrong type or form.
bool read_claim(json::Value claim, RegisteredClaims& claims, bool& has_issuer) {
  const std::string_view name = claim.name();
  if (name.size() != 3) {
    const bool is_identity = name == "email" || name == "scope" || name == "client_id";
    return !is_identity || is_clean(claim);
  }
  if (name == "exp") return read_date(claim, claims.expires);
  if (name == "nbf") return read_date(claim, claims.not_before);
  if (name == "iat") return read_date(claim, claims.issued);
  if (name == "sub") return read_text(claim, claims.subject) && is_clean(claim);
  if (name == "sid") return is_clean(claim);
  if (name == "jti") return read_token_id(claim, claims);
  if (name == "iss") return has_issuer = read_issuer(claim, claims);
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

#include "jwt/jws.h"

#include <algorithm>
#include <array>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace rescind::jwt {
namespace {

// What stands in a compact JWS (RFC 7515 7.1): base64url characters and dots.
bool is_token_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  const auto letter = static_cast<unsigned char>((byte | 0x20U) - 'a');
  const auto digit = static_cast<unsigned char>(byte - '0');
  return letter < 26 || digit < 10 || c == '-' || c == '.' || c == '_';
}

#if defined(__SSE2__)
// The same for 16 characters; `x ≤ most` of unsigned bytes is min(x, most) = x.
bool are_token_characters(const char* text) {
  const auto up_to = [](__m128i bytes, char most) {
    return _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(most)), bytes);
  };
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
  const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
  const __m128i letter = up_to(_mm_sub_epi8(lower, _mm_set1_epi8('a')), 25);
  const __m128i digit = up_to(_mm_sub_epi8(bytes, _mm_set1_epi8('0')), 9);
  const __m128i sign = up_to(_mm_sub_epi8(bytes, _mm_set1_epi8('-')), 1);  // - and .
  const __m128i underscore = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('_'));
  const __m128i good = _mm_or_si128(_mm_or_si128(letter, digit), _mm_or_si128(sign, underscore));
  return _mm_movemask_epi8(good) == 0xffff;
}
#else
bool are_token_characters(const char* text) {
  return std::all_of(text, text + 16, is_token_character);
}
#endif

bool is_token_text(std::string_view token) {
  while (token.size() >= 16) {
    if (!are_token_characters(token.data())) return false;
    token.remove_prefix(16);
  }
  return std::all_of(token.begin(), token.end(), is_token_character);
}

// Members that would have us take a key, or read the payload, as the token's author likes. None is
// ever used (RFC 8725 3.10; RFC 7797; RFC 7516 4.1.3).
constexpr std::array<std::string_view, 6> kRefusedMembers = {"jwk", "jku", "x5u",
                                                             "x5c", "b64", "zip"};

std::optional<Reason> check_member(json::Value member, Header& header, bool& has_algorithm) {
  const std::string_view name = member.name();
  const auto text = member.string();
  if (name == "alg") {
    const auto algorithm = algorithm_named(text.value_or(""));
    if (!algorithm) return Reason::kAlgorithm;
    header.algorithm = *algorithm;
    has_algorithm = true;
  } else if (name == "typ") {
    if (!text) return Reason::kType;
    header.type = *text;
  } else if (name == "kid") {
    if (!text) return Reason::kHeader;
    if (!is_key_id(*text)) return Reason::kUnknownKey;
    header.key_id = *text;
  } else if (std::find(kRefusedMembers.begin(), kRefusedMembers.end(), name) !=
             kRefusedMembers.end()) {
    return Reason::kHeader;
  }
  return std::nullopt;
}

}  // namespace

bool is_key_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxKeyIdBytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x21 && c <= 0x7e; });
}

std::expected<CompactParts, Reason> split_compact(std::string_view token, std::size_t max_bytes) {
  if (token.size() > max_bytes) return std::unexpected(Reason::kTooLarge);
  if (!is_token_text(token)) return std::unexpected(Reason::kMalformed);
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::unexpected(Reason::kMalformed);
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::unexpected(Reason::kMalformed);
  if (token.find('.', second + 1) != std::string_view::npos) {
    return std::unexpected(Reason::kMalformed);  // a JWE has five parts
  }
  const CompactParts parts{.header = token.substr(0, first),
                           .payload = token.substr(first + 1, second - first - 1),
                           .signature = token.substr(second + 1),
                           .signing_input = token.substr(0, second)};
  if (parts.header.empty() || parts.signature.empty()) return std::unexpected(Reason::kMalformed);
  return parts;
}

std::expected<Header, Reason> read_header(std::string_view json_text, json::Reader& reader) {
  const auto root = reader.read(json_text, kHeaderLimits);
  if (!root || !root->is_object()) return std::unexpected(Reason::kJson);
  // First of all: whoever writes `crit` says that the token must not be read without it.
  if (root->find("crit")) return std::unexpected(Reason::kCrit);
  Header header{};
  bool has_algorithm = false;
  for (auto member = root->first(); member; member = member->next()) {
    if (const auto reason = check_member(*member, header, has_algorithm)) {
      return std::unexpected(*reason);
    }
  }
  if (!has_algorithm) return std::unexpected(Reason::kAlgorithm);
  return header;
}

}  // namespace rescind::jwt

#include "jwt/jws.h"

#include <algorithm>
#include <array>
#include <bit>

#if defined(__x86_64__)
#include <immintrin.h>
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

// The dots of a token; none is looked for behind the third.
struct Dots {
  std::array<std::size_t, 3> at{};
  std::size_t count = 0;

  void add(std::size_t where) {
    if (count < at.size()) at[count++] = where;
  }
};

#if defined(__x86_64__)
// 32 characters at a time; how many were looked at. `x ≤ most` of unsigned bytes is min(x, most) =
// x.
__attribute__((target("avx2"))) std::size_t scan_by_32(std::string_view token, Dots& dots,
                                                       bool& good) {
  std::size_t i = 0;
  int all = -1;
  for (; i + 32 <= token.size(); i += 32) {
    const __m256i in = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(token.data() + i));
    const __m256i letter =
        _mm256_sub_epi8(_mm256_or_si256(in, _mm256_set1_epi8(0x20)), _mm256_set1_epi8('a'));
    const __m256i digit = _mm256_sub_epi8(in, _mm256_set1_epi8('0'));
    const __m256i sign = _mm256_sub_epi8(in, _mm256_set1_epi8('-'));  // - and .
    const __m256i is_letter =
        _mm256_cmpeq_epi8(_mm256_min_epu8(letter, _mm256_set1_epi8(25)), letter);
    const __m256i is_digit = _mm256_cmpeq_epi8(_mm256_min_epu8(digit, _mm256_set1_epi8(9)), digit);
    const __m256i is_sign = _mm256_cmpeq_epi8(_mm256_min_epu8(sign, _mm256_set1_epi8(1)), sign);
    const __m256i is_under = _mm256_cmpeq_epi8(in, _mm256_set1_epi8('_'));
    all &= _mm256_movemask_epi8(
        _mm256_or_si256(_mm256_or_si256(is_letter, is_digit), _mm256_or_si256(is_sign, is_under)));
    auto found =
        static_cast<unsigned>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(in, _mm256_set1_epi8('.'))));
    for (; found != 0; found &= found - 1) {
      dots.add(i + static_cast<std::size_t>(std::countr_zero(found)));
    }
  }
  good = all == -1;
  return i;
}

std::size_t scan_many(std::string_view token, Dots& dots, bool& good) {
  static const bool has_32 = __builtin_cpu_supports("avx2") != 0;
  return has_32 ? scan_by_32(token, dots, good) : 0;
}
#else
std::size_t scan_many(std::string_view /*token*/, Dots& /*dots*/, bool& /*good*/) { return 0; }
#endif

// False where there is a character that does not belong in a token.
bool scan(std::string_view token, Dots& dots) {
  bool good = true;
  for (std::size_t i = scan_many(token, dots, good); i < token.size(); ++i) {
    good = good && is_token_character(token[i]);
    if (token[i] == '.') dots.add(i);
  }
  return good;
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
  Dots dots;
  // A JWE has five parts.
  if (!scan(token, dots) || dots.count != 2) return std::unexpected(Reason::kMalformed);
  const std::size_t first = dots.at[0];
  const std::size_t second = dots.at[1];
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

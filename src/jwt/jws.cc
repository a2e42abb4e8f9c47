#include "jwt/jws.h"

#include <algorithm>
#include <array>

namespace rescind::jwt {
namespace {

// What stands in a compact JWS (RFC 7515 7.1): base64url characters and dots.
constexpr std::array<bool, 256> kTokenCharacters = [] {
  std::array<bool, 256> allowed{};
  for (const char c :
       std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")) {
    allowed[static_cast<unsigned char>(c)] = true;
  }
  return allowed;
}();

bool is_token_text(std::string_view token) {
  bool good = true;  // collected without a branch
  for (const char c : token) good &= kTokenCharacters[static_cast<unsigned char>(c)];
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

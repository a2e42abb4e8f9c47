#include "net/basic_auth.h"

#include <openssl/evp.h>

#include "net/form.h"

namespace rescind::net {
namespace {

constexpr std::size_t kMaxBytes = 4096;

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0 || text.size() > kMaxBytes) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  // The library skips white space and takes padding anywhere: those are refused before.
  if (text.substr(0, text.size() - padding).find_first_of("= \t\r\n-") != std::string_view::npos) {
    return std::nullopt;
  }
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  bytes.resize(bytes.size() - padding);
  return bytes;
}

std::optional<std::string> decode_part(std::string_view part) {
  std::string spaced(part);
  for (char& c : spaced) {
    if (c == '+') c = ' ';
  }
  return percent_decode(spaced);
}

}  // namespace

std::string basic_authorization(std::string_view id, std::string_view secret) {
  const std::string joined = percent_encode(id) + ":" + percent_encode(secret);
  std::string encoded((joined.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                   reinterpret_cast<const unsigned char*>(joined.data()),
                                   static_cast<int>(joined.size()));
  encoded.resize(static_cast<std::size_t>(size));
  return "Basic " + encoded;
}

std::optional<BasicCredentials> parse_basic(std::string_view credentials) {
  const auto joined = decode_base64(credentials);
  if (!joined) return std::nullopt;
  const std::size_t colon = joined->find(':');
  if (colon == std::string::npos) return std::nullopt;
  auto id = decode_part(std::string_view(*joined).substr(0, colon));
  auto secret = decode_part(std::string_view(*joined).substr(colon + 1));
  if (!id || !secret) return std::nullopt;
  return BasicCredentials{*std::move(id), Secret(*std::move(secret))};
}

}  // namespace rescind::net

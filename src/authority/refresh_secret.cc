#include "authority/refresh_secret.h"

#include <array>

#include "jwt/base64url.h"

namespace rescind::authority {
namespace {

constexpr std::size_t kEncodedBytes = 43;  // of 32

Secret token_of(ByteView bytes) {
  return Secret(std::string(kRefreshPrefix) + jwt::base64url_encode(bytes));
}

}  // namespace

Secret first_refresh_token(Random& random) {
  std::array<std::uint8_t, 32> bytes{};
  random.fill(bytes);
  return token_of(bytes);
}

Secret successor_of(const Secret& parent, const MasterKey& key) {
  return token_of(key.successor_of(parent.expose()));
}

Digest refresh_hash(std::string_view token) { return sha256(token); }

bool looks_like_refresh_token(std::string_view token) {
  return token.starts_with(kRefreshPrefix) && token.size() == kRefreshPrefix.size() + kEncodedBytes;
}

std::string random_id(std::string_view prefix, Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  random.fill(bytes);
  return std::string(prefix) + jwt::base64url_encode(bytes);
}

}  // namespace rescind::authority

#include "jwt/hmac.h"

namespace rescind::jwt {
namespace {

Secret padded(std::string_view key, std::size_t block, char pad) {
  std::string bytes(block, pad);
  for (std::size_t i = 0; i < key.size(); ++i) bytes[i] = static_cast<char>(bytes[i] ^ key[i]);
  return Secret(std::move(bytes));
}

}  // namespace

Hmac::Hmac(std::size_t hash_bytes, const Secret& secret) : hash_bytes_(hash_bytes) {
  const std::size_t block = hash_bytes == 32 ? 64 : 128;  // FIPS 180-4 1
  const HashValue hashed = hash(hash_bytes, bytes_of(secret.expose()));
  const std::string_view key = secret.size() > block ? text_of(hashed.bytes()) : secret.expose();
  inner_ = padded(key, block, 0x36);
  outer_ = padded(key, block, 0x5c);
}

HashValue Hmac::tag(std::string_view message) const {
  const HashValue inner = hash(hash_bytes_, bytes_of(inner_.expose()), bytes_of(message));
  return hash(hash_bytes_, bytes_of(outer_.expose()), inner.bytes());
}

bool Hmac::verify(std::string_view message, ByteView tag_given) const {
  return constant_time_equal(tag(message).bytes(), tag_given);
}

}  // namespace rescind::jwt

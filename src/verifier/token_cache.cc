#include "verifier/token_cache.h"

#include <sodium/crypto_shorthash.h>

#include <bit>

namespace rescind::verifier {

TokenCache::TokenCache(std::size_t capacity, Random& random) {
  static_assert(crypto_shorthash_KEYBYTES == 16);
  random.fill(secret_);
  if (capacity > 0) slots_.resize(std::bit_ceil(std::max(capacity, kWays)));
}

std::size_t TokenCache::slot_of(std::string_view token) const {
  std::uint64_t hash = 0;
  static_assert(crypto_shorthash_BYTES == sizeof hash);
  crypto_shorthash(reinterpret_cast<unsigned char*>(&hash),
                   reinterpret_cast<const unsigned char*>(token.data()), token.size(),
                   secret_.data());
  return hash & (slots_.size() - kWays);
}

VerifiedToken* TokenCache::find(std::string_view token) {
  if (slots_.empty()) return nullptr;
  const std::size_t first = slot_of(token);
  for (std::size_t way = 0; way < kWays; ++way) {
    VerifiedToken& entry = slots_[first + way];
    if (entry.claims && entry.token == token) return &entry;
  }
  return nullptr;
}

VerifiedToken* TokenCache::insert(VerifiedToken token) {
  if (slots_.empty()) return nullptr;
  const std::size_t first = slot_of(token.token);
  std::swap(slots_[first], slots_[first + 1]);
  slots_[first] = std::move(token);
  return &slots_[first];
}

}  // namespace rescind::verifier

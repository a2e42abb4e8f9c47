#include "verifier/failure_budget.h"

#include <sodium/crypto_shorthash.h>

#include <algorithm>

namespace rescind::verifier {

FailureBudget::FailureBudget(std::uint32_t per_second, std::uint32_t burst, Random& random) {
  static_assert(crypto_shorthash_KEYBYTES == 16);
  random.fill(secret_);
  if (per_second == 0) return;
  interval_ = std::chrono::nanoseconds(std::chrono::seconds(1)) / per_second;
  most_owed_ = interval_ * (std::max<std::uint32_t>(burst, 1) - 1);
  full_at_.resize(kBuckets);
}

bool FailureBudget::spent(Source source, BootTime now) const {
  return !full_at_.empty() && full_at_[bucket_of(source)] - now > most_owed_;
}

void FailureBudget::charge(Source source, BootTime now) {
  if (full_at_.empty()) return;
  BootTime& full_at = full_at_[bucket_of(source)];
  full_at = std::max(full_at, now) + interval_;
}

Source FailureBudget::named(std::string_view name) const {
  return name.empty() ? Source{} : Source{std::max<std::uint64_t>(hash(name), 1)};
}

std::uint64_t FailureBudget::hash(std::string_view text) const {
  std::uint64_t hash = 0;
  static_assert(crypto_shorthash_BYTES == sizeof hash);
  crypto_shorthash(reinterpret_cast<unsigned char*>(&hash),
                   reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                   secret_.data());
  return hash;
}

std::size_t FailureBudget::bucket_of(Source source) const {
  return hash({reinterpret_cast<const char*>(&source.id), sizeof source.id}) % kBuckets;
}

}  // namespace rescind::verifier

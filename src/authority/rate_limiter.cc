#include "authority/rate_limiter.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"

namespace rescind::authority {

RateLimiter::RateLimiter(const RateLimit& limit, Random& random, std::size_t buckets)
    : limit_(limit), buckets_(buckets) {
  CHECK(buckets >= kWays && buckets % kWays == 0);
  random.fill(secret_);
}

double RateLimiter::level(const Bucket& bucket, BootTime now) const {
  const std::chrono::duration<double, std::ratio<60>> minutes = now - bucket.filled;
  return std::min(limit_.burst, bucket.left + minutes.count() * limit_.per_minute);
}

RateLimiter::Bucket& RateLimiter::bucket_of(std::uint64_t name, BootTime now) {
  const std::size_t first = name % (buckets_.size() / kWays) * kWays;
  Bucket* fullest = &buckets_[first];
  for (std::size_t i = first; i < first + kWays; ++i) {
    Bucket& bucket = buckets_[i];
    if (bucket.name == name) return bucket;
    if (bucket.name == 0) bucket = {.name = 0, .left = limit_.burst, .filled = now};
    if (level(bucket, now) > level(*fullest, now)) fullest = &bucket;
  }
  // Forgetting a full bucket loses nothing; one that is not full is shared.
  if (level(*fullest, now) >= limit_.burst) *fullest = {name, limit_.burst, now};
  return *fullest;
}

bool RateLimiter::take(std::string_view name, BootTime now) {
  const Digest digest = sha256({secret_, bytes_of(name)});
  Bucket& bucket = bucket_of(get_u64(digest.data()) | 1U, now);
  bucket.left = level(bucket, now);
  bucket.filled = now;
  if (bucket.left < 1) return false;
  bucket.left -= 1;
  return true;
}

}  // namespace rescind::authority

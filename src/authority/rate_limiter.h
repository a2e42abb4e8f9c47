#pragma once
// How often one name or address may try: a token bucket each, in a table of fixed size. Where it is
// full, whoever has been quiet longest is forgotten; where nobody has been, two share a bucket,
// which makes it stricter, never laxer. One thread. A try costs about 1 µs.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "authority/options.h"
#include "base/clock.h"
#include "base/random.h"

namespace rescind::authority {

class RateLimiter {
 public:
  static constexpr std::size_t kBuckets = std::size_t{1} << 16U;

  RateLimiter(const RateLimit& limit, Random& random, std::size_t buckets = kBuckets);

  // Takes one attempt; false where there is none left.
  bool take(std::string_view name, BootTime now);

 private:
  static constexpr std::size_t kWays = 4;
  struct Bucket {
    std::uint64_t name = 0;  // keyed hash of it; 0: nobody's
    double left = 0;
    BootTime filled{};
  };
  double level(const Bucket& bucket, BootTime now) const;
  Bucket& bucket_of(std::uint64_t name, BootTime now);

  RateLimit limit_;
  std::array<std::uint8_t, 16> secret_{};  // chosen names cannot pile up
  std::vector<Bucket> buckets_;
};

}  // namespace rescind::authority

#pragma once
// How many signature checks a source may waste: each that ends in a refusal (the signature is
// wrong, or good on a revoked token) costs one of its tokens, which come back at a steady rate. Who
// has none left gets no signature check for a token that is not known.
//
// One thread, fixed memory (32 KiB). A source finds its bucket by a keyed hash, so a flood of
// sources cannot grow the table, nor choose whose bucket they share; together all of them waste no
// more than kBuckets budgets.

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"

namespace rescind::verifier {

// Where a token came from, as far as its host can tell. 0: not known; all such have one budget
// together.
struct Source {
  std::uint64_t id = 0;
};

class FailureBudget {
 public:
  static constexpr std::size_t kBuckets = 4096;

  // A rate of 0: nothing is counted. A burst below 1 is 1. `random` gives its secret; used here
  // only.
  FailureBudget(std::uint32_t per_second, std::uint32_t burst, Random& random);

  // By a keyed hash of what names it (an address): nobody can find two names for one source. The
  // empty name is not known.
  Source named(std::string_view name) const;

  bool spent(Source source, BootTime now) const;
  void charge(Source source, BootTime now);

 private:
  std::uint64_t hash(std::string_view text) const;
  std::size_t bucket_of(Source source) const;

  std::array<unsigned char, 16> secret_{};
  std::chrono::nanoseconds interval_{0};  // in which one comes back
  std::chrono::nanoseconds most_owed_{0};
  // When each will be full again: the one number that a bucket needs.
  std::vector<BootTime> full_at_;
};

}  // namespace rescind::verifier

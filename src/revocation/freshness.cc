#include "revocation/freshness.h"

#include <algorithm>

namespace rescind::revocation {
namespace {

using std::chrono::microseconds;

// Up to here all sums below stay within 64 bits.
constexpr WallTime kLastInstant = wall_from_ms(253'402'300'799'999);  // year 9999
constexpr std::int64_t kDriftPartsPerMillion = 200;

microseconds since_boot(BootTime t) {
  return std::chrono::floor<microseconds>(t.time_since_epoch());
}

microseconds fallen(microseconds offset, microseconds elapsed) {
  const std::int64_t positive = std::max<std::int64_t>(elapsed.count(), 0);
  return offset - microseconds(positive / 1'000'000 * kDriftPartsPerMillion +
                               positive % 1'000'000 * kDriftPartsPerMillion / 1'000'000);
}

bool in_range(WallTime at) { return at >= WallTime{} && at <= kLastInstant; }

}  // namespace

bool Freshness::refresh(std::uint64_t term, WallTime at, BootTime arrival) {
  if (!in_range(at)) return false;
  if (known_ && (term < term_ || (term == term_ && at <= at_))) return false;
  // Another term may have another clock, which may be behind.
  known_ = known_ && term == term_;
  estimate(at, arrival);
  known_ = true;
  term_ = term;
  at_ = at;
  return true;
}

void Freshness::observe(std::uint64_t term, WallTime at, BootTime arrival) {
  if (known_ && term == term_ && in_range(at)) estimate(at, arrival);
}

void Freshness::estimate(WallTime at, BootTime arrival) {
  const microseconds arrived = since_boot(arrival);
  const microseconds offset = at.time_since_epoch() - arrived;
  if (known_) {
    // A word that came late must not lower the estimate: the best journey counts.
    offset_ = std::max(offset, fallen(offset_, arrived - estimated_));
    estimated_ = std::max(estimated_, arrived);
  } else {
    offset_ = offset;
    estimated_ = arrived;
  }
}

std::optional<WallTime> Freshness::at() const { return known_ ? std::optional(at_) : std::nullopt; }

std::optional<std::uint64_t> Freshness::term() const {
  return known_ ? std::optional(term_) : std::nullopt;
}

std::optional<WallTime> Freshness::authority_time(BootTime boot) const {
  if (!known_) return std::nullopt;
  const microseconds now = since_boot(boot);
  return WallTime(std::chrono::floor<Milliseconds>(now + fallen(offset_, now - estimated_)));
}

Milliseconds Freshness::staleness(Now now, Milliseconds max_clock_skew) const {
  if (!known_) return Milliseconds::max();
  const Milliseconds by_authority = *authority_time(now.boot) - at_;
  const Milliseconds by_wall = now.wall - at_ - max_clock_skew;
  return std::max({by_authority, by_wall, Milliseconds(0)});
}

}  // namespace rescind::revocation

#include "store/bounds.h"

#include <algorithm>
#include <utility>

#include "store/limits.h"

namespace rescind::store {

StoredBounds raised(const StoredBounds& stored, const IssuanceBounds& at_least) {
  StoredBounds result = stored;
  IssuanceBounds& bounds = result.bounds;
  if (at_least.latest_iat > bounds.latest_iat) {
    bounds.latest_iat = at_least.latest_iat + kBoundStep;
  }
  if (at_least.longest_lifetime < bounds.longest_lifetime) {
    result.next_lifetime = std::max(result.next_lifetime, at_least.longest_lifetime);
    const bool all_expired = at_least.latest_iat > result.longest_issued + bounds.longest_lifetime;
    if (!all_expired) return result;
    bounds.longest_lifetime = std::exchange(result.next_lifetime, std::chrono::seconds(0));
    result.longest_issued = bounds.latest_iat;
    return result;
  }
  const bool is_longer = at_least.longest_lifetime > bounds.longest_lifetime;
  bounds.longest_lifetime = at_least.longest_lifetime;
  if (is_longer || at_least.latest_iat > result.longest_issued) {
    result.longest_issued = bounds.latest_iat;
  }
  return result;
}

revocation::UntilSeconds last_expiry(const IssuanceBounds& bounds, WallTime at) {
  const WallTime last = std::max(at, bounds.latest_iat) + bounds.longest_lifetime + kMaxLeeway;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(last.time_since_epoch());
  return static_cast<revocation::UntilSeconds>(seconds.count());
}

}  // namespace rescind::store

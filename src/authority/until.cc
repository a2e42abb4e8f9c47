#include "authority/until.h"

#include <algorithm>

#include "store/bounds.h"
#include "store/limits.h"

namespace rescind::authority {
namespace {

constexpr std::int64_t kLeewaySeconds = store::kMaxLeeway.count();

std::int64_t seconds_up(WallTime time) {
  return std::chrono::ceil<std::chrono::seconds>(time.time_since_epoch()).count();
}

revocation::UntilSeconds until(std::int64_t seconds) {
  return static_cast<revocation::UntilSeconds>(std::max<std::int64_t>(seconds, 0));
}

}  // namespace

Result<void> raise_bounds(store::Transaction& transaction, std::int64_t issued_at,
                          std::chrono::seconds lifetime) {
  return transaction.raise_bounds(
      {.latest_iat = wall_from_seconds(issued_at), .longest_lifetime = lifetime});
}

revocation::UntilSeconds until_expiry(std::int64_t expires_at) {
  return until(expires_at + kLeewaySeconds);
}

revocation::UntilSeconds until_of_ours(const store::Transaction& transaction) {
  return store::last_expiry(transaction.bounds(), transaction.at());
}

revocation::UntilSeconds until_of_foreign(WallTime at, const revocation::IssuerRules& rules,
                                          std::string_view claim) {
  const auto longest =
      claim == revocation::claim::kSession ? rules.longest_session : rules.longest_lifetime;
  return until(seconds_up(at) + longest.count() + 2 * kLeewaySeconds);
}

}  // namespace rescind::authority

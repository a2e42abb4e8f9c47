#pragma once
// What a verifier is told by its configuration.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "jwt/jws.h"
#include "revocation/freshness.h"

namespace rescind::verifier {

// What becomes of a good token while nobody can vouch for the index.
enum class OnStale : std::uint8_t { kRefuse, kAccept, kIntrospect };
std::string_view to_string(OnStale policy);
std::optional<OnStale> on_stale_named(std::string_view name);

// No verifier may be configured above it: `until` and purge count on it.
inline constexpr std::chrono::seconds kMaxLeeway{60};

struct Options {
  std::chrono::seconds leeway{5};                   // for exp, nbf, iat; 0..kMaxLeeway
  std::chrono::seconds max_token_lifetime{86'400};  // exp − iat
  std::size_t max_token_bytes = jwt::kMaxTokenBytes;
  Milliseconds max_staleness{30'000};
  Milliseconds max_clock_skew = revocation::kDefaultMaxClockSkew;
  OnStale on_stale = OnStale::kRefuse;
  // The index holds rules, freshness and purge time but no entries: each good token ends in a
  // Pending that asks for them (strategy/redis_denylist.h).
  bool entries_elsewhere = false;
  std::size_t cached_tokens = 16'384;  // 0: none
  // Signature checks a second and at once that one source may waste (failure_budget.h); 0: any
  // number. Only where the host can tell sources apart: else one liar locks everybody out.
  std::uint32_t failed_signatures_per_second = 0;
  std::uint32_t failed_signatures_burst = 100;
};

}  // namespace rescind::verifier

#pragma once
// The pipeline's steps that need neither key nor index: what an issuer's policy and the dates say
// of a token that has been read but not believed. Pure.

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "jwt/claims.h"
#include "jwt/jws.h"
#include "rescind/decision.h"
#include "revocation/rules.h"
#include "verifier/options.h"
#include "verifier/trusted_issuer.h"

namespace rescind::verifier {

// Algorithm, type, audience and the claims that have to be there (RFC 9068 4, RFC 8725 3).
std::optional<Reason> refused_by_policy(const jwt::Header& header, const jwt::Payload& payload,
                                        const TrustedIssuer& issuer);

// `typ` is compared without case, and "application/" before it is left out (RFC 7515 4.1.9).
bool type_matches(std::string_view type, std::string_view expected);

struct Times {
  std::int64_t now_ms;  // the wall clock
  std::int64_t
      floor_ms;  // the later of it and the purge time: nothing that expired before is alive
};
struct Dates {
  std::optional<jwt::NumericDate> expires, not_before, issued;
};
inline Dates dates_of(const jwt::RegisteredClaims& claims) {
  return {claims.expires, claims.not_before, claims.issued};
}
// RFC 7519 4.1.4-6, with the leeway counted once: accepted while floor < exp + leeway, nbf ≤ now +
// leeway, iat ≤ now + leeway, exp − iat ≤ max_token_lifetime.
std::optional<Reason> refused_by_dates(const Dates& dates, Times times, const Options& options);

// What an accepted token says of its bearer.
std::shared_ptr<const Claims> claims_of(const jwt::Payload& payload,
                                        const revocation::IssuerRules& rules,
                                        std::string_view payload_json);

}  // namespace rescind::verifier

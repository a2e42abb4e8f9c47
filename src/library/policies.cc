#include "library/policies.h"

#include <utility>

#include "base/log.h"
#include "base/random.h"

namespace rescind::library {

Result<verifier::TrustedIssuers> policies_of(const std::vector<issuer::IssuerOptions>& issuers) {
  // Issuers::open has the rules for them all. Nothing is fetched: what it opens is never stepped.
  std::vector<issuer::IssuerOptions> unfetched = issuers;
  for (issuer::IssuerOptions& issuer : unfetched) {
    if (issuer.shared_secret.empty()) issuer.jwks_url = "https://unfetched.invalid/";
  }
  const issuer::GetFor get_for = [](const issuer::IssuerOptions&) -> Result<issuer::Get> {
    return issuer::Get([](const std::string&, const auto&) {});
  };
  SeededRandom random(0);
  NullLog log;
  TRY_ASSIGN(const auto opened,
             issuer::Issuers::open(std::move(unfetched), get_for,
                                   {.on_change = [](const auto&) {}, .wake = [] {}}, random, log));
  return *opened->trusted();
}

}  // namespace rescind::library

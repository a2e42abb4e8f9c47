#include "verifier/trusted_issuer.h"

namespace rescind::verifier {

const TrustedIssuer* TrustedIssuers::find(std::string_view issuer) const {
  for (const TrustedIssuer& candidate : issuers_) {
    if (candidate.issuer == issuer) return &candidate;
  }
  return nullptr;
}

}  // namespace rescind::verifier

#pragma once
// The configured issuers for a process that has their keys from the host's agent: what is accepted
// of each, the keys of those that share a secret with us, and no keys yet of all others. Pure.

#include <vector>

#include "base/result.h"
#include "issuer/issuers.h"

namespace rescind::library {

// kInvalid, naming the issuer. The options that say how keys are fetched are not looked at.
Result<verifier::TrustedIssuers> policies_of(const std::vector<issuer::IssuerOptions>& issuers);

}  // namespace rescind::library

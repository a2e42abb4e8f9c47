#pragma once
// Whether a grant is hit by an entry that has a cut, asked of the store and inside the transaction
// that mints: whatever was acknowledged after the grant's stamp was read makes the minting lose.
// The keys come from verifier/targets, as everywhere else: there is one evaluator.

#include <optional>
#include <string>

#include "authority/minter.h"
#include "base/result.h"
#include "revocation/rules.h"
#include "store/repositories.h"

namespace rescind::authority {

// The gravest reason of an entry whose cut is after `grant.stamp`, or nothing. `jti`, `sid` and
// `kid` entries are not looked at: the session's state stands for them.
Result<std::optional<revocation::Reason>> cut_that_hits(store::Revocations& revocations,
                                                        const Grant& grant,
                                                        const revocation::IssuerRules& rules);

}  // namespace rescind::authority

#include "authority/cuts.h"

#include <algorithm>

#include "jwt/claims.h"
#include "verifier/targets.h"

namespace rescind::authority {

Result<std::optional<revocation::Reason>> cut_that_hits(store::Revocations& revocations,
                                                        const Grant& grant,
                                                        const revocation::IssuerRules& rules) {
  json::Reader reader;
  const std::string text = payload_of(grant, rules.issuer);
  const auto payload = jwt::read_payload(text, reader);
  if (!payload) return fail(ErrorCode::kInvalid, "these values cannot stand in an access token");
  verifier::SharedKeysMemo memo;
  verifier::Targets targets;
  if (verifier::find_targets(*payload, rules, memo, targets)) {
    return fail(ErrorCode::kInvalid, "a token of so many values cannot be revoked");
  }

  std::optional<revocation::Reason> gravest;
  for (const revocation::Key& key : targets.cut) {
    TRY_ASSIGN(const auto entry, revocations.find(key));
    if (!entry || !entry->cut || *entry->cut <= grant.stamp) continue;
    gravest = gravest ? std::max(*gravest, entry->reason) : entry->reason;
  }
  return gravest;
}

}  // namespace rescind::authority

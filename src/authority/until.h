#pragma once
// Until when a revocation has to be remembered (architecture.md, `until`): until the last token
// that it can hit has expired everywhere. Too short would bring tokens back, so every term is
// rounded and bounded to the late side. Pure but for raising the bounds.

#include <chrono>
#include <cstdint>

#include "base/result.h"
#include "revocation/revocation.h"
#include "revocation/rules.h"
#include "store/transaction.h"

namespace rescind::authority {

// Before a token of ours is minted with this `iat` (s) and lifetime (store/bounds.h).
Result<void> raise_bounds(store::Transaction& transaction, std::int64_t issued_at,
                          std::chrono::seconds lifetime);

// For a token of ours whose expiry (s) is known: `jti`, and `sid` by its last token.
revocation::UntilSeconds until_expiry(std::int64_t expires_at);
// For whatever of ours was stamped before now: the later of the group's time and the bound of our
// `iat`s + the longest lifetime + the greatest leeway.
revocation::UntilSeconds until_of_ours(const store::Transaction& transaction);
// For a foreign issuer's: its longest lifetime (sid: session) from now, with twice the leeway.
revocation::UntilSeconds until_of_foreign(WallTime at, const revocation::IssuerRules& rules,
                                          std::string_view claim);

}  // namespace rescind::authority

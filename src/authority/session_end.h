#pragma once
// Sessions end: state and revocation in the same transaction, so that neither is ever without the
// other. Each returns the position of the batch that carries it.

#include <string_view>

#include "authority/core.h"

namespace rescind::authority {

// Who did it and why, for the audit and for what followers tell.
struct Act {
  revocation::Reason reason = revocation::Reason::kRevoked;
  std::string actor;
  std::string note;
};

store::SessionState state_of(revocation::Reason reason);

// A session and all tokens from it. One that had ended before stays as it was, and nothing is
// published; then the committed head is returned.
Result<Position> end_session(store::Transaction& transaction, const store::Session& session,
                             const Act& act, const TokenPolicy& policy);

// "Log out everywhere": a cut of the subject. Whoever signs in after it is not hit.
Result<Position> end_all_sessions(store::Transaction& transaction, std::string_view subject,
                                  const Act& act, const TokenPolicy& policy);

// All but one, each by its own `sid`. kTooLarge where they are too many for one transaction.
Result<Position> end_other_sessions(store::Transaction& transaction, std::string_view subject,
                                    std::string_view kept, const Act& act,
                                    const TokenPolicy& policy);

// Whether nothing has ended the session: its state, its expiry, and no cut after its stamp.
Result<bool> session_lives(store::Revocations& revocations, const store::Session& session,
                           WallTime at, const TokenPolicy& policy);

}  // namespace rescind::authority

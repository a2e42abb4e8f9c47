#include "authority/session_start.h"

#include <algorithm>

#include "authority/cuts.h"
#include "authority/refresh_secret.h"
#include "authority/until.h"
#include "store/repositories.h"

namespace rescind::authority {
Grant grant_of(const store::Session& session, store::Stamp stamp) {
  Grant grant;
  grant.token_id = session.id;  // until there is a token
  grant.subject = session.subject;
  grant.client_id = session.client_id;
  grant.session_id = session.id;
  grant.scope = session.scope;
  grant.email = session.email;
  grant.audience = session.audience;
  grant.stamp = stamp;
  return grant;
}

Result<Minting> renew_session(store::Transaction& transaction, const store::Session& session,
                              store::Stamp stamp, const Core& core) {
  Minting minting{.grant = grant_of(session, stamp),
                  .refresh_token = {},
                  .session_expires_at = to_seconds(session.expires)};
  minting.grant.token_id = random_id("", core.random);
  minting.grant.issued_at = to_seconds(transaction.at());
  minting.grant.expires_at = std::min(minting.grant.issued_at + core.policy.access_ttl.count(),
                                      minting.session_expires_at);
  TRY(raise_bounds(transaction, minting.grant.issued_at, core.policy.access_ttl));
  TRY(transaction.sessions().raise_last_access_expiry(session.id, minting.grant.expires_at));
  return minting;
}

Result<Minting> start_session(store::Transaction& transaction, const NewSession& wanted,
                              const Core& core) {
  store::Session session;
  session.id = random_id("s_", core.random);
  session.subject = wanted.subject;
  session.client_id = wanted.client_id;
  session.scope = wanted.scope;
  session.audience = wanted.audience;
  session.email = wanted.email;
  session.stamp = wanted.stamp;
  session.created = transaction.at();
  session.expires = transaction.at() + core.policy.refresh_ttl;
  session.address = wanted.address;
  session.user_agent = wanted.user_agent;

  const Grant tested = grant_of(session, wanted.stamp);
  TRY_ASSIGN(const auto hit, cut_that_hits(transaction.revocations(), tested, core.policy.rules));
  if (hit) return fail(ErrorCode::kConflict, "overtaken by a revocation; sign in again");

  TRY(transaction.sessions().insert(session));
  TRY_ASSIGN(Minting minting, renew_session(transaction, session, wanted.stamp, core));
  minting.refresh_token = first_refresh_token(core.random);
  store::RefreshToken token;
  token.hash = refresh_hash(minting.refresh_token.expose());
  token.session_id = session.id;
  token.created = transaction.at();
  TRY(transaction.refresh_tokens().insert(token));
  return minting;
}

}  // namespace rescind::authority

#include "authority/session_end.h"

#include <algorithm>

#include "authority/cuts.h"
#include "authority/limits.h"
#include "authority/session_start.h"
#include "authority/until.h"
#include "store/repositories.h"

namespace rescind::authority {
namespace {

using store::Session;
using store::SessionState;

constexpr std::size_t kPage = 500;

// Visits a subject's rows page by page until `visit` says false or `most` rows were seen; returns
// whether all were.
template <typename Visit>
Result<bool> for_each_session(store::Transaction& transaction, std::string_view subject,
                              std::size_t most, Visit visit) {
  store::Page page{.after = {}, .limit = kPage};
  for (std::size_t seen = 0; seen < most;) {
    TRY_ASSIGN(const auto rows, transaction.sessions().of_subject(subject, page));
    for (const Session& row : rows) {
      TRY_ASSIGN(const bool more, visit(row));
      if (!more) return false;
    }
    if (rows.size() < kPage) return true;
    seen += rows.size();
    page.after = rows.back().id;
  }
  return false;
}

}  // namespace

SessionState state_of(revocation::Reason reason) {
  switch (reason) {
    case revocation::Reason::kSignedOut:
      return SessionState::kSignedOut;
    case revocation::Reason::kRevoked:
      return SessionState::kRevoked;
    case revocation::Reason::kCompromised:
      return SessionState::kCompromised;
  }
  return SessionState::kRevoked;
}

Result<Position> end_session(store::Transaction& transaction, const Session& session,
                             const Act& act, const TokenPolicy& policy) {
  TRY_ASSIGN(const bool ended, transaction.sessions().end(session.id, state_of(act.reason)));
  if (!ended) return transaction.committed_head();
  revocation::Revocation revocation;
  revocation.target = {policy.issuer, std::string(revocation::claim::kSession), session.id};
  revocation.until = until_expiry(session.last_access_expiry);
  revocation.reason = act.reason;
  return transaction.revoke(std::move(revocation), act.actor, act.note);
}

Result<Position> end_all_sessions(store::Transaction& transaction, std::string_view subject,
                                  const Act& act, const TokenPolicy& policy) {
  // The rows are for lists; what refuses their refresh tokens is the cut. So a bound does no harm.
  const auto end_row = [&](const Session& row) -> Result<bool> {
    TRY(transaction.sessions().end(row.id, state_of(act.reason)));
    return true;
  };
  TRY(for_each_session(transaction, subject, kMaxSessionsEnded, end_row));
  revocation::Revocation revocation;
  revocation.target = {policy.issuer, std::string(revocation::claim::kSubject),
                       std::string(subject)};
  revocation.until = until_of_ours(transaction);
  revocation.reason = act.reason;
  return transaction.revoke(std::move(revocation), act.actor, act.note);
}

Result<Position> end_other_sessions(store::Transaction& transaction, std::string_view subject,
                                    std::string_view kept, const Act& act,
                                    const TokenPolicy& policy) {
  Position position = transaction.committed_head();
  std::size_t ended = 0;
  const auto all = for_each_session(
      transaction, subject, kMaxSessionsScanned, [&](const Session& row) -> Result<bool> {
        if (row.id == kept || row.state != SessionState::kActive) return true;
        if (++ended > kMaxSessionsEnded) return false;
        TRY_ASSIGN(const Position carried, end_session(transaction, row, act, policy));
        position = std::max(position, carried);
        return true;
      });
  if (!all) return std::unexpected(all.error());
  if (!*all) return fail(ErrorCode::kTooLarge, "too many sessions; sign out of all of them");
  return position;
}

Result<bool> session_lives(store::Revocations& revocations, const Session& session, WallTime at,
                           const TokenPolicy& policy) {
  if (session.state != SessionState::kActive || at >= session.expires) return false;
  const Grant grant = grant_of(session, session.stamp);
  TRY_ASSIGN(const auto hit, cut_that_hits(revocations, grant, policy.rules));
  return !hit;
}

}  // namespace rescind::authority

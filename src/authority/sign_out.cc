#include "authority/sign_out.h"

#include "authority/refresh_secret.h"
#include "authority/until.h"
#include "store/repositories.h"

namespace rescind::authority {
namespace {

template <typename T>
auto counted(Count& count, Done<T> done) {
  return [&count, done = std::move(done)](Result<Stored<T>> stored) mutable {
    if (!stored) return done(std::unexpected(std::move(stored).error()));
    count.add();
    done(std::move(stored->value));
  };
}

}  // namespace

Result<Position> SignOut::end(store::Transaction& transaction, const store::Session& session,
                              Extent extent) const {
  const Act act{
      .reason = revocation::Reason::kSignedOut, .actor = "user:" + session.subject, .note = ""};
  switch (extent) {
    case Extent::kSession:
      return end_session(transaction, session, act, core_.policy);
    case Extent::kAll:
      return end_all_sessions(transaction, session.subject, act, core_.policy);
    case Extent::kOthers:
      return end_other_sessions(transaction, session.subject, session.id, act, core_.policy);
  }
  return fail(ErrorCode::kInternal, "no such extent");
}

void SignOut::sign_out(Session session, Extent extent, Done<Position> done) {
  commit<Position>(
      core_.committer,
      [this, session = std::move(session),
       extent](store::Transaction& transaction) -> Result<Position> {
        TRY_ASSIGN(const auto row, transaction.sessions().by_id(session.id));
        if (!row || row->subject != session.subject) {
          return fail(ErrorCode::kNotFound, "no such session");
        }
        return end(transaction, *row, extent);
      },
      counted<Position>(core_.counters.sign_outs, std::move(done)));
}

void SignOut::sign_out_by_token(Secret token, std::string client_id, Extent extent,
                                Done<std::optional<Position>> done) {
  const Digest hash = refresh_hash(token.expose());
  commit<std::optional<Position>>(
      core_.committer,
      [this, hash, client_id = std::move(client_id),
       extent](store::Transaction& transaction) -> Result<std::optional<Position>> {
        TRY_ASSIGN(const auto row, transaction.refresh_tokens().by_hash(hash));
        if (!row) return std::optional<Position>();
        TRY_ASSIGN(const auto session, transaction.sessions().by_id(row->session_id));
        if (!session) return std::optional<Position>();
        if (session->client_id != client_id) {
          return fail(ErrorCode::kUnauthorized, "this token is another client's");
        }
        // A token of a session that has ended may not end the user's others.
        TRY_ASSIGN(const bool lives, session_lives(transaction.revocations(), *session,
                                                   transaction.at(), core_.policy));
        if (!lives && extent != Extent::kSession) return std::optional<Position>();
        TRY_ASSIGN(const Position position, end(transaction, *session, extent));
        return std::optional<Position>(position);
      },
      counted<std::optional<Position>>(core_.counters.sign_outs, std::move(done)));
}

void SignOut::revoke_access_token(AccessToken token, Done<Position> done) {
  commit<Position>(
      core_.committer,
      [this, token = std::move(token)](store::Transaction& transaction) -> Result<Position> {
        revocation::Revocation revocation;
        revocation.target = {core_.policy.issuer, std::string(revocation::claim::kTokenId),
                             token.id};
        revocation.until = until_expiry(token.expires_at);
        revocation.reason = revocation::Reason::kSignedOut;
        TRY_ASSIGN(const auto entry,
                   transaction.revocations().find(revocation::key_of(revocation.target)));
        if (entry) return transaction.committed_head();  // revoked twice
        return transaction.revoke(std::move(revocation), "client:" + token.client_id, "");
      },
      counted<Position>(core_.counters.revocations, std::move(done)));
}

}  // namespace rescind::authority

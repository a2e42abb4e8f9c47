#include "authority/refresher.h"

#include "authority/refresh_secret.h"
#include "authority/scope.h"
#include "authority/session_end.h"
#include "authority/session_start.h"
#include "store/repositories.h"

namespace rescind::authority {
namespace {

// A clock that was set back a little between two groups of one term.
constexpr Milliseconds kClockSlack{1000};

// One text for every refusal: whoever tries tokens learns nothing from it.
std::unexpected<Error> refused() {
  return fail(ErrorCode::kUnauthorized, "this refresh token cannot be used");
}

}  // namespace

void Refresher::refresh(Presented presented, Done<Pair> done) {
  if (!looks_like_refresh_token(presented.token.expose())) {
    core_.counters.refreshes_refused.add();
    return done(refused());
  }
  commit<Decided>(
      core_.committer,
      [this, presented = std::move(presented)](store::Transaction& transaction) {
        return decide(transaction, presented);
      },
      [this, done = std::move(done)](Result<Stored<Decided>> decided) mutable {
        answer(std::move(decided), std::move(done));
      });
}

Result<Refresher::Decided> Refresher::decide(store::Transaction& transaction,
                                             const Presented& presented) const {
  const Digest hash = refresh_hash(presented.token.expose());
  TRY_ASSIGN(const auto token, transaction.refresh_tokens().by_hash(hash));
  if (!token) return refused();
  TRY_ASSIGN(store::Session session, session_of(transaction, *token, presented.client_id));
  if (!scope_within(presented.scope, session.scope)) {
    return fail(ErrorCode::kInvalid, "the scope exceeds what was granted");
  }
  if (!presented.scope.empty()) session.scope = presented.scope;

  const Secret successor = successor_of(presented.token, core_.master);
  // One UPDATE whose row count decides: there is no moment between looking and marking.
  TRY_ASSIGN(const bool won, transaction.refresh_tokens().rotate(hash, transaction.at()));
  if (won) return rotate(transaction, *token, session, successor);
  if (within_grace(*token, transaction.at())) {
    return repeat(transaction, *token, session, successor);
  }
  const Act act{.reason = revocation::Reason::kCompromised,
                .actor = "refresh",
                .note = "a refresh token was used twice"};
  TRY(end_session(transaction, session, act, core_.policy));
  return Decided{};
}

// The session, where it may be refreshed at all by this client.
Result<store::Session> Refresher::session_of(store::Transaction& transaction,
                                             const store::RefreshToken& token,
                                             const std::string& client_id) const {
  TRY_ASSIGN(const auto session, transaction.sessions().by_id(token.session_id));
  if (!session || session->client_id != client_id) return refused();
  TRY_ASSIGN(const bool lives,
             session_lives(transaction.revocations(), *session, transaction.at(), core_.policy));
  if (!lives) return refused();
  // A subject without an account lives elsewhere.
  TRY_ASSIGN(const auto account, transaction.accounts().by_id(session->subject));
  if (account && account->disabled) return refused();
  TRY_ASSIGN(const bool enabled, clients_.is_enabled(transaction, client_id));
  if (!enabled) return refused();
  return *session;
}

Result<Refresher::Decided> Refresher::rotate(store::Transaction& transaction,
                                             const store::RefreshToken& token,
                                             const store::Session& session,
                                             const Secret& successor) const {
  store::RefreshToken next;
  next.hash = refresh_hash(successor.expose());
  next.session_id = token.session_id;
  next.parent = token.hash;
  next.created = transaction.at();
  TRY(transaction.refresh_tokens().insert(next));
  if (token.parent) TRY(transaction.refresh_tokens().mark_successor_used(*token.parent));
  TRY_ASSIGN(Minting minting,
             renew_session(transaction, session, transaction.committed_head(), core_));
  minting.refresh_token = successor;
  return Decided{Outcome::kRotated, std::move(minting)};
}

Result<Refresher::Decided> Refresher::repeat(store::Transaction& transaction,
                                             const store::RefreshToken& token,
                                             const store::Session& session,
                                             const Secret& successor) const {
  const Digest hash = refresh_hash(successor.expose());
  TRY_ASSIGN(const auto next, transaction.refresh_tokens().by_hash(hash));
  if (!next || next->parent != token.hash) {
    return fail(ErrorCode::kInternal,
                "a refresh token's successor is another one; was the master key replaced?");
  }
  TRY_ASSIGN(Minting minting,
             renew_session(transaction, session, transaction.committed_head(), core_));
  minting.refresh_token = successor;
  return Decided{Outcome::kRepeated, std::move(minting)};
}

bool Refresher::within_grace(const store::RefreshToken& token, WallTime at) const {
  if (core_.policy.reuse_grace <= Milliseconds::zero() || token.successor_used) return false;
  const Milliseconds since = at - token.rotated;
  return since >= -kClockSlack && since <= core_.policy.reuse_grace;
}

void Refresher::answer(Result<Stored<Decided>> decided, Done<Pair> done) const {
  Counters& counters = core_.counters;
  if (!decided) {
    if (decided.error().code == ErrorCode::kUnauthorized) counters.refreshes_refused.add();
    return done(std::unexpected(std::move(decided).error()));
  }
  switch (decided->value.outcome) {
    case Outcome::kRotated:
      counters.refreshes_rotated.add();
      break;
    case Outcome::kRepeated:
      counters.refreshes_repeated.add();
      break;
    case Outcome::kReused:
      counters.refreshes_reused.add();
      return done(refused());
  }
  core_.minter.mint(std::move(decided->value.minting), std::move(done));
}

}  // namespace rescind::authority

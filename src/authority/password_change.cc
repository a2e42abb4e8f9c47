#include "authority/password_change.h"

#include "authority/session_end.h"
#include "authority/session_start.h"
#include "authority/sign_in.h"
#include "store/repositories.h"

namespace rescind::authority {

void PasswordChange::change(Wanted wanted, Now now, Done<Pair> done) {
  if (const auto usable = check_new_password(wanted.next); !usable) {
    return done(std::unexpected(usable.error()));
  }
  if (!attempts_.take(wanted.subject, now.boot)) {
    return done(fail(ErrorCode::kExhausted, "too many attempts; try again later"));
  }
  auto account = reads_.accounts().by_id(wanted.subject);
  if (!account) return done(std::unexpected(account.error()));
  if (!*account || (*account)->password_hash.empty()) {
    return done(fail(ErrorCode::kConflict, "this user has no password here"));
  }
  Secret current = std::move(wanted.current);
  std::string hash = (*account)->password_hash;
  core_.passwords.verify(std::move(current), std::move(hash),
                         [this, wanted = std::move(wanted), account = **std::move(account),
                          done = std::move(done)](Result<bool> matches) mutable {
                           if (!matches) return done(std::unexpected(std::move(matches).error()));
                           if (!*matches)
                             return done(fail(ErrorCode::kUnauthorized, "wrong password"));
                           hash_and_store(std::move(wanted), std::move(account), std::move(done));
                         });
}

void PasswordChange::hash_and_store(Wanted wanted, store::Account account, Done<Pair> done) {
  Secret next = std::move(wanted.next);
  core_.passwords.hash(
      std::move(next), [this, wanted = std::move(wanted), account = std::move(account),
                        done = std::move(done)](Result<std::string> hash) mutable {
        if (!hash) return done(std::unexpected(std::move(hash).error()));
        store(std::move(wanted), std::move(account), *std::move(hash), std::move(done));
      });
}

void PasswordChange::store(Wanted wanted, store::Account account, std::string hash,
                           Done<Pair> done) {
  auto facts =
      std::make_shared<std::pair<Wanted, store::Account>>(std::move(wanted), std::move(account));
  commit<store::Session>(
      core_.committer,
      [this, facts, hash = std::move(hash)](store::Transaction& transaction) {
        return replace(transaction, facts->first, facts->second, hash);
      },
      [this, facts, done = std::move(done)](Result<Stored<store::Session>> ended) mutable {
        if (!ended) return done(std::unexpected(std::move(ended).error()));
        core_.counters.password_changes.add();
        sign_in_again(facts->first, facts->second, ended->value, ended->head, std::move(done));
      });
}

// Returns the session that asked, as it was.
Result<store::Session> PasswordChange::replace(store::Transaction& transaction,
                                               const Wanted& wanted, const store::Account& account,
                                               const std::string& hash) const {
  TRY_ASSIGN(store::Account row, unchanged_account(transaction, account));
  TRY_ASSIGN(const auto session, transaction.sessions().by_id(wanted.session_id));
  if (!session || session->subject != row.id) {
    return fail(ErrorCode::kUnauthorized, "this session has ended");
  }
  TRY_ASSIGN(const bool lives,
             session_lives(transaction.revocations(), *session, transaction.at(), core_.policy));
  if (!lives) return fail(ErrorCode::kUnauthorized, "this session has ended");
  row.password_hash = hash;
  ++row.credential_version;
  TRY(transaction.accounts().update(row));
  const Act act{.reason = revocation::Reason::kRevoked,
                .actor = "user:" + row.id,
                .note = "password changed"};
  TRY(end_all_sessions(transaction, row.id, act, core_.policy));
  return *session;
}

void PasswordChange::sign_in_again(const Wanted& wanted, const store::Account& account,
                                   const store::Session& before, store::Stamp stamp,
                                   Done<Pair> done) {
  NewSession session{.subject = before.subject,
                     .client_id = before.client_id,
                     .scope = before.scope,
                     .audience = before.audience,
                     .email = before.email,
                     .address = wanted.address,
                     .user_agent = wanted.user_agent,
                     .stamp = stamp};
  store::Account changed = account;
  ++changed.credential_version;
  commit<Minting>(
      core_.committer,
      [this, session = std::move(session),
       changed = std::move(changed)](store::Transaction& transaction) -> Result<Minting> {
        TRY(unchanged_account(transaction, changed));
        return start_session(transaction, session, core_);
      },
      [this, done = std::move(done)](Result<Stored<Minting>> minting) mutable {
        if (!minting) return done(std::unexpected(std::move(minting).error()));
        core_.minter.mint(std::move(minting->value), std::move(done));
      });
}

}  // namespace rescind::authority

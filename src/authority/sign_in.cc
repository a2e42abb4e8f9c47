#include "authority/sign_in.h"

#include <algorithm>

#include "authority/scope.h"
#include "store/repositories.h"

namespace rescind::authority {
namespace {

std::unexpected<Error> wrong() { return fail(ErrorCode::kUnauthorized, "wrong name or password"); }

}  // namespace

Result<store::Account> unchanged_account(store::Transaction& transaction,
                                         const store::Account& read) {
  TRY_ASSIGN(auto account, transaction.accounts().by_id(read.id));
  if (!account || account->disabled) return wrong();
  if (account->credential_version != read.credential_version) return wrong();
  return *std::move(account);
}

SignIn::SignIn(const Core& core, const Options& options, const Clients& clients, Reads& reads)
    : core_(core),
      options_(options),
      clients_(clients),
      reads_(reads),
      accounts_(options.logins_per_account, core.random),
      addresses_(options.logins_per_address, core.random) {}

void SignIn::sign_in(Attempt attempt, Now now, Done<Pair> done) {
  if (!addresses_.take(attempt.address, now.boot) || !accounts_.take(attempt.name, now.boot)) {
    core_.counters.logins_limited.add();
    return done(fail(ErrorCode::kExhausted, "too many attempts to sign in; try again later"));
  }
  if (auto chosen = choose_scope_and_audience(attempt); !chosen) {
    return done(std::unexpected(chosen.error()));
  }
  const auto stamp = reads_.stamp();
  if (!stamp) return done(std::unexpected(stamp.error()));
  auto account = reads_.accounts().by_name(attempt.name);
  if (!account) return done(std::unexpected(account.error()));

  NewSession session{.subject = *account ? (*account)->id : "",
                     .client_id = std::move(attempt.client_id),
                     .scope = std::move(attempt.scope),
                     .audience = std::move(attempt.audience),
                     .email = *account ? (*account)->email : "",
                     .address = std::move(attempt.address),
                     .user_agent = std::move(attempt.user_agent),
                     .stamp = *stamp};
  std::string hash = *account ? (*account)->password_hash : "";
  core_.passwords.verify(std::move(attempt.password), std::move(hash),
                         [this, session = std::move(session), account = *std::move(account),
                          done = std::move(done)](Result<bool> matches) mutable {
                           if (!matches) return done(std::unexpected(std::move(matches).error()));
                           if (!*matches) {
                             core_.counters.logins_refused.add();
                             return done(wrong());
                           }
                           start(std::move(session), account, std::move(done));
                         });
}

Result<void> SignIn::choose_scope_and_audience(Attempt& attempt) const {
  if (attempt.scope.empty()) attempt.scope = options_.default_scope;
  const auto offered = [&](std::string_view word) {
    return word == kAdminScope || scope_within(word, options_.default_scope) ||
           std::ranges::find(options_.scopes, word) != options_.scopes.end();
  };
  if (!std::ranges::all_of(words_of(attempt.scope), offered)) {
    return fail(ErrorCode::kInvalid, "a scope that is not offered");
  }
  if (attempt.audience.empty()) {
    attempt.audience = {options_.audiences.empty() ? options_.issuer : options_.audiences.front()};
    return {};
  }
  const bool known = std::ranges::all_of(attempt.audience, [&](const std::string& audience) {
    return std::ranges::find(options_.audiences, audience) != options_.audiences.end();
  });
  if (!known) return fail(ErrorCode::kInvalid, "an audience that is not offered");
  return {};
}

void SignIn::open_session(TrustedUser user, Done<Pair> done) {
  const auto stamp = reads_.stamp();
  if (!stamp) return done(std::unexpected(stamp.error()));
  NewSession session{.subject = std::move(user.subject),
                     .client_id = std::move(user.client_id),
                     .scope = std::move(user.scope),
                     .audience = std::move(user.audience),
                     .email = std::move(user.email),
                     .address = std::move(user.address),
                     .user_agent = std::move(user.user_agent),
                     .stamp = *stamp};
  if (session.audience.empty()) {
    session.audience = {options_.audiences.empty() ? options_.issuer : options_.audiences.front()};
  }
  start(std::move(session), std::nullopt, std::move(done));
}

void SignIn::start(NewSession session, const std::optional<store::Account>& account,
                   Done<Pair> done) {
  const bool is_trusted = !account;
  commit<Minting>(
      core_.committer,
      [this, session = std::move(session),
       account](store::Transaction& transaction) -> Result<Minting> {
        if (account) {
          TRY(unchanged_account(transaction, *account));
          if (!account->administrator && scope_within(kAdminScope, session.scope)) {
            return fail(ErrorCode::kInvalid, "a scope that is not offered");
          }
        } else {
          // Else a trusted client could sign in as an administrator.
          TRY_ASSIGN(const auto local, transaction.accounts().by_id(session.subject));
          if (local) return fail(ErrorCode::kConflict, "this subject is an account that signs in");
        }
        TRY_ASSIGN(const bool enabled, clients_.is_enabled(transaction, session.client_id));
        if (!enabled) return fail(ErrorCode::kUnauthorized, "unknown client");
        return start_session(transaction, session, core_);
      },
      [this, is_trusted, done = std::move(done)](Result<Stored<Minting>> minting) mutable {
        Counters& counters = core_.counters;
        if (!minting) {
          if (!is_trusted) counters.logins_refused.add();
          return done(std::unexpected(std::move(minting).error()));
        }
        (is_trusted ? counters.sessions_opened : counters.logins_accepted).add();
        core_.minter.mint(std::move(minting->value), std::move(done));
      });
}

}  // namespace rescind::authority

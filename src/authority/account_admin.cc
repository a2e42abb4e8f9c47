#include "authority/account_admin.h"

#include "authority/refresh_secret.h"
#include "authority/session_end.h"
#include "store/repositories.h"

namespace rescind::authority {
namespace {

auto unwrapped(Done<store::Account> done) {
  return [done = std::move(done)](Result<Stored<store::Account>> stored) mutable {
    if (!stored) return done(std::unexpected(std::move(stored).error()));
    done(std::move(stored->value));
  };
}

}  // namespace

void AccountAdmin::add(NewAccount account, Done<store::Account> done) {
  if (account.password.empty()) return insert(std::move(account), "", std::move(done));
  if (const auto usable = check_new_password(account.password); !usable) {
    return done(std::unexpected(usable.error()));
  }
  Secret password = std::move(account.password);
  core_.passwords.hash(std::move(password),
                       [this, account = std::move(account),
                        done = std::move(done)](Result<std::string> hash) mutable {
                         if (!hash) return done(std::unexpected(std::move(hash).error()));
                         insert(std::move(account), *std::move(hash), std::move(done));
                       });
}

void AccountAdmin::insert(NewAccount account, std::string hash, Done<store::Account> done) {
  store::Account row;
  row.id = random_id("u_", core_.random);
  row.name = std::move(account.name);
  row.email = std::move(account.email);
  row.password_hash = std::move(hash);
  row.administrator = account.administrator;
  commit<store::Account>(
      core_.committer,
      [row = std::move(row)](store::Transaction& transaction) mutable -> Result<store::Account> {
        row.created = transaction.at();
        TRY(transaction.accounts().insert(row));
        return row;
      },
      unwrapped(std::move(done)));
}

void AccountAdmin::edit(Change change, Edit edit, Done<store::Account> done) {
  commit<store::Account>(
      core_.committer,
      [change = std::move(change),
       edit = std::move(edit)](store::Transaction& transaction) mutable -> Result<store::Account> {
        TRY_ASSIGN(auto account, transaction.accounts().by_id(change.id));
        if (!account) return fail(ErrorCode::kNotFound, "no such account");
        TRY(edit(transaction, *account));
        return *std::move(account);
      },
      unwrapped(std::move(done)));
}

void AccountAdmin::disable(Change change, Done<store::Account> done) {
  const std::string actor = change.actor;
  edit(
      std::move(change),
      [this, actor](store::Transaction& transaction, store::Account& account) -> Result<void> {
        if (account.disabled) return {};
        if (account.administrator) {
          TRY_ASSIGN(const auto administrators, transaction.accounts().enabled_administrators());
          if (administrators <= 1) {
            return fail(ErrorCode::kConflict, "this is the last enabled administrator");
          }
        }
        account.disabled = true;
        ++account.credential_version;
        TRY(transaction.accounts().update(account));
        const Act act{
            .reason = revocation::Reason::kRevoked, .actor = actor, .note = "account disabled"};
        TRY(end_all_sessions(transaction, account.id, act, core_.policy));
        return {};
      },
      std::move(done));
}

void AccountAdmin::enable(Change change, Done<store::Account> done) {
  edit(
      std::move(change),
      [](store::Transaction& transaction, store::Account& account) -> Result<void> {
        if (!account.disabled) return {};
        account.disabled = false;
        ++account.credential_version;
        return transaction.accounts().update(account);
      },
      std::move(done));
}

void AccountAdmin::set_password(Change change, Secret password, Done<store::Account> done) {
  if (const auto usable = check_new_password(password); !usable) {
    return done(std::unexpected(usable.error()));
  }
  core_.passwords.hash(
      std::move(password),
      [this, change = std::move(change), done = std::move(done)](Result<std::string> hash) mutable {
        if (!hash) return done(std::unexpected(std::move(hash).error()));
        const std::string actor = change.actor;
        edit(
            std::move(change),
            [this, actor, hash = *std::move(hash)](store::Transaction& transaction,
                                                   store::Account& account) -> Result<void> {
              account.password_hash = hash;
              ++account.credential_version;
              TRY(transaction.accounts().update(account));
              const Act act{
                  .reason = revocation::Reason::kRevoked, .actor = actor, .note = "password set"};
              TRY(end_all_sessions(transaction, account.id, act, core_.policy));
              return {};
            },
            std::move(done));
      });
}

}  // namespace rescind::authority

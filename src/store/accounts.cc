#include "store/query.h"
#include "store/repositories.h"

namespace rescind::store {
namespace {

constexpr std::string_view kByName =
    "SELECT id, name, email, password_hash, credential_version, disabled, administrator, created "
    "FROM account WHERE name = ?1";
constexpr std::string_view kById =
    "SELECT id, name, email, password_hash, credential_version, disabled, administrator, created "
    "FROM account WHERE id = ?1";
constexpr std::string_view kList =
    "SELECT id, name, email, password_hash, credential_version, disabled, administrator, created "
    "FROM account WHERE id > ?1 ORDER BY id LIMIT ?2";
constexpr std::string_view kInsert =
    "INSERT INTO account (id, name, email, password_hash, credential_version, disabled, "
    "administrator, created) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
constexpr std::string_view kUpdate =
    "UPDATE account SET email = ?2, password_hash = ?3, credential_version = ?4, disabled = ?5, "
    "administrator = ?6 WHERE id = ?1";
constexpr std::string_view kEnabledAdministrators =
    "SELECT count(*) FROM account WHERE administrator = 1 AND disabled = 0";

Result<Account> read(const Query& row) {
  return Account{.id = row.string(0),
                 .name = row.string(1),
                 .email = row.string(2),
                 .password_hash = row.string(3),
                 .credential_version = row.integer(4),
                 .disabled = row.truth(5),
                 .administrator = row.truth(6),
                 .created = row.time(7)};
}

}  // namespace

Result<std::optional<Account>> Accounts::by_name(std::string_view name) {
  TRY_ASSIGN(Query rows, Query::make(database_, kByName, name));
  return first(std::move(rows), read);
}

Result<std::optional<Account>> Accounts::by_id(std::string_view id) {
  TRY_ASSIGN(Query rows, Query::make(database_, kById, id));
  return first(std::move(rows), read);
}

Result<std::vector<Account>> Accounts::list(const Page& page) {
  TRY_ASSIGN(Query rows, Query::make(database_, kList, page.after, page.rows()));
  return collect(std::move(rows), read);
}

Result<void> Accounts::insert(const Account& account) {
  TRY(run(database_, kInsert, account.id, account.name, account.email, account.password_hash,
          account.credential_version, account.disabled, account.administrator, account.created));
  return {};
}

Result<void> Accounts::update(const Account& account) {
  TRY_ASSIGN(const std::int64_t changed,
             run(database_, kUpdate, account.id, account.email, account.password_hash,
                 account.credential_version, account.disabled, account.administrator));
  if (changed == 0) return fail(ErrorCode::kNotFound, "there is no such account");
  return {};
}

Result<std::int64_t> Accounts::enabled_administrators() {
  TRY_ASSIGN(Query rows, Query::make(database_, kEnabledAdministrators));
  TRY(rows.next());
  return rows.integer(0);
}

}  // namespace rescind::store

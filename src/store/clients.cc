#include "store/query.h"
#include "store/repositories.h"

namespace rescind::store {
namespace {

constexpr std::string_view kById =
    "SELECT id, secret_hash, roles, disabled, created FROM client WHERE id = ?1";
constexpr std::string_view kList =
    "SELECT id, secret_hash, roles, disabled, created FROM client WHERE id > ?1 ORDER BY id "
    "LIMIT ?2";
constexpr std::string_view kPut =
    "INSERT INTO client (id, secret_hash, roles, disabled, created) VALUES (?1, ?2, ?3, ?4, ?5) "
    "ON CONFLICT (id) DO UPDATE SET secret_hash = excluded.secret_hash, roles = excluded.roles, "
    "disabled = excluded.disabled, created = excluded.created";

Result<Client> read(const Query& row) {
  Client client;
  client.id = row.string(0);
  TRY_ASSIGN(client.secret_hash, row.digest(1));
  client.roles = row.string(2);
  client.disabled = row.truth(3);
  client.created = row.time(4);
  return client;
}

}  // namespace

Result<std::optional<Client>> Clients::by_id(std::string_view id) {
  TRY_ASSIGN(Query rows, Query::make(database_, kById, id));
  return first(std::move(rows), read);
}

Result<std::vector<Client>> Clients::list(const Page& page) {
  TRY_ASSIGN(Query rows, Query::make(database_, kList, page.after, page.rows()));
  return collect(std::move(rows), read);
}

Result<void> Clients::put(const Client& client) {
  TRY(run(database_, kPut, client.id, client.secret_hash, client.roles, client.disabled,
          client.created));
  return {};
}

}  // namespace rescind::store

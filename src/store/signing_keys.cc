#include "store/query.h"
#include "store/repositories.h"

namespace rescind::store {
namespace {

constexpr std::string_view kAll =
    "SELECT id, algorithm, sealed_pem, public_jwk, state, created, changed, last_expiry_seconds "
    "FROM signing_key ORDER BY created, id";
constexpr std::string_view kPut =
    "INSERT INTO signing_key (id, algorithm, sealed_pem, public_jwk, state, created, changed, "
    "last_expiry_seconds) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
    "ON CONFLICT (id) DO UPDATE SET algorithm = excluded.algorithm, "
    "sealed_pem = excluded.sealed_pem, public_jwk = excluded.public_jwk, state = excluded.state, "
    "created = excluded.created, changed = excluded.changed, "
    "last_expiry_seconds = excluded.last_expiry_seconds";

Result<SigningKeyRow> read(const Query& row) {
  SigningKeyRow key;
  key.id = row.string(0);
  key.algorithm = row.string(1);
  key.sealed_pem = row.string(2);
  key.public_jwk = row.string(3);
  TRY_ASSIGN(key.state, row.enumeration(4, KeyState::kGone));
  key.created = row.time(5);
  key.changed = row.time(6);
  key.last_expiry = row.integer(7);
  return key;
}

}  // namespace

Result<std::vector<SigningKeyRow>> SigningKeys::all() {
  TRY_ASSIGN(Query rows, Query::make(database_, kAll));
  return collect(std::move(rows), read);
}

Result<void> SigningKeys::put(const SigningKeyRow& row) {
  TRY(run(database_, kPut, row.id, row.algorithm, row.sealed_pem, row.public_jwk, row.state,
          row.created, row.changed, row.last_expiry));
  return {};
}

}  // namespace rescind::store

#include "store/query.h"
#include "store/repositories.h"

namespace rescind::store {
namespace {

constexpr std::string_view kByHash =
    "SELECT hash, session_id, parent, state, created, rotated, successor_used FROM refresh_token "
    "WHERE hash = ?1";
constexpr std::string_view kInsert =
    "INSERT INTO refresh_token (hash, session_id, parent, state, created, rotated, "
    "successor_used) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
// Read and mark in one: of all who present a token, the row count is 1 for exactly one.
constexpr std::string_view kRotate =
    "UPDATE refresh_token SET state = 1, rotated = ?2 WHERE hash = ?1 AND state = 0";
constexpr std::string_view kSuccessorUsed =
    "UPDATE refresh_token SET successor_used = 1 WHERE hash = ?1";

Result<RefreshToken> read(const Query& row) {
  RefreshToken token;
  TRY_ASSIGN(token.hash, row.digest(0));
  token.session_id = row.string(1);
  if (!row.is_null(2)) {
    TRY_ASSIGN(token.parent, row.digest(2));
  }
  TRY_ASSIGN(token.state, row.enumeration(3, RefreshState::kRotated));
  token.created = row.time(4);
  token.rotated = row.time(5);
  token.successor_used = row.truth(6);
  return token;
}

}  // namespace

Result<std::optional<RefreshToken>> RefreshTokens::by_hash(const Digest& hash) {
  TRY_ASSIGN(Query rows, Query::make(database_, kByHash, hash));
  return first(std::move(rows), read);
}

Result<void> RefreshTokens::insert(const RefreshToken& token) {
  TRY(run(database_, kInsert, token.hash, token.session_id, token.parent, token.state,
          token.created, token.rotated, token.successor_used));
  return {};
}

Result<bool> RefreshTokens::rotate(const Digest& hash, WallTime at) {
  TRY_ASSIGN(const std::int64_t changed, run(database_, kRotate, hash, at));
  return changed == 1;
}

Result<void> RefreshTokens::mark_successor_used(const Digest& parent) {
  TRY(run(database_, kSuccessorUsed, parent));
  return {};
}

}  // namespace rescind::store

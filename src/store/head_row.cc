#include "store/head_row.h"

#include "store/query.h"

namespace rescind::store {
namespace {

constexpr std::string_view kRead =
    "SELECT issuer, feed, term, number, hash, at, purge_time, latest_iat, "
    "longest_lifetime_seconds, longest_lifetime_issued, next_lifetime_seconds FROM head "
    "WHERE id = 1";
constexpr std::string_view kInsert =
    "INSERT INTO head (id, issuer, feed, term, number, hash, at, purge_time, latest_iat, "
    "longest_lifetime_seconds, longest_lifetime_issued, next_lifetime_seconds) "
    "VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
constexpr std::string_view kMove =
    "UPDATE head SET term = ?1, number = ?2, hash = ?3, at = ?4 WHERE id = 1";
constexpr std::string_view kSetBounds =
    "UPDATE head SET latest_iat = ?1, longest_lifetime_seconds = ?2, "
    "longest_lifetime_issued = ?3, next_lifetime_seconds = ?4 WHERE id = 1";
constexpr std::string_view kSetPurgeTime = "UPDATE head SET purge_time = ?1 WHERE id = 1";

Result<HeadRow> read(const Query& row) {
  HeadRow head;
  head.issuer = row.string(0);
  head.feed = row.string(1);
  head.position = row.position(2);
  TRY_ASSIGN(head.hash, row.digest(4));
  head.at = row.time(5);
  head.purge_time = row.time(6);
  head.bounds.bounds.latest_iat = row.time(7);
  head.bounds.bounds.longest_lifetime = std::chrono::seconds(row.integer(8));
  head.bounds.longest_issued = row.time(9);
  head.bounds.next_lifetime = std::chrono::seconds(row.integer(10));
  return head;
}

}  // namespace

Result<std::optional<HeadRow>> read_head(Database& database) {
  TRY_ASSIGN(Query rows, Query::make(database, kRead));
  return first(std::move(rows), read);
}

Result<HeadRow> require_head(Database& database) {
  TRY_ASSIGN(std::optional<HeadRow> head, read_head(database));
  if (!head) return fail(ErrorCode::kCorrupt, "the database has no head of the feed");
  return *std::move(head);
}

Result<void> insert_head(Database& database, const HeadRow& head) {
  const StoredBounds& stored = head.bounds;
  TRY(run(database, kInsert, head.issuer, head.feed, head.position.term, head.position.number,
          head.hash, head.at, head.purge_time, stored.bounds.latest_iat,
          stored.bounds.longest_lifetime.count(), stored.longest_issued,
          stored.next_lifetime.count()));
  return {};
}

Result<void> move_head(Database& database, Position position, const Digest& hash, WallTime at) {
  TRY(run(database, kMove, position.term, position.number, hash, at));
  return {};
}

Result<void> set_bounds(Database& database, const StoredBounds& stored) {
  TRY(run(database, kSetBounds, stored.bounds.latest_iat, stored.bounds.longest_lifetime.count(),
          stored.longest_issued, stored.next_lifetime.count()));
  return {};
}

Result<void> set_purge_time(Database& database, WallTime purge_time) {
  TRY(run(database, kSetPurgeTime, purge_time));
  return {};
}

}  // namespace rescind::store

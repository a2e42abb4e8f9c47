#include "store/migrations.h"

#include <map>
#include <string>

#include "store/query.h"

namespace rescind::store {
namespace {

using Applied = std::map<int, std::string>;  // number → digest, in hex

// The table of steps is no step: it has to be there before the first.
constexpr std::string_view kCreateTable =
    "CREATE TABLE IF NOT EXISTS schema_version ("
    "number INTEGER PRIMARY KEY, name TEXT NOT NULL, digest TEXT NOT NULL)";

Result<Applied> read_applied(Database& database) {
  Applied applied;
  TRY_ASSIGN(Query rows, Query::make(database, "SELECT number, digest FROM schema_version"));
  while (true) {
    TRY_ASSIGN(const bool found, rows.next());
    if (!found) return applied;
    applied.emplace(static_cast<int>(rows.integer(0)), rows.text(1));
  }
}

std::string digest_of(const Migration& step) { return to_hex(sha256(step.sql)); }

Result<void> check(const Applied& applied, std::span<const Migration> steps) {
  const int known = static_cast<int>(steps.size());
  if (!applied.empty() && applied.rbegin()->first > known) {
    return fail(ErrorCode::kConflict,
                "the database has schema " + std::to_string(applied.rbegin()->first) +
                    ", but this program knows only up to " + std::to_string(known) +
                    "; run the newer program, or restore a backup from before its start");
  }
  for (const Migration& step : steps) {
    const auto found = applied.find(step.number);
    if (found == applied.end() || found->second == digest_of(step)) continue;
    return fail(ErrorCode::kConflict, "the database was made by another version of schema step " +
                                          std::string(step.name) +
                                          "; it cannot be used with this program");
  }
  return {};
}

Result<void> apply(Database& database, const Migration& step) {
  TRY(database.execute(step.sql));
  TRY(run(database, "INSERT INTO schema_version (number, name, digest) VALUES (?1, ?2, ?3)",
          step.number, step.name, digest_of(step)));
  return {};
}

// Under the write lock: of two programs that start at once, one applies and the other sees it done.
Result<bool> apply_next(Database& database, std::span<const Migration> steps) {
  TRY(database.execute(kCreateTable));
  TRY_ASSIGN(const Applied applied, read_applied(database));
  TRY(check(applied, steps));
  for (const Migration& step : steps) {
    if (applied.contains(step.number)) continue;
    TRY(apply(database, step));
    return true;
  }
  return false;
}

Result<bool> has_table(Database& database) {
  auto rows = Query::make(database, "SELECT number FROM schema_version LIMIT 1");
  if (rows) return true;
  if (rows.error().code == ErrorCode::kInternal) return false;  // no such table
  return std::unexpected(std::move(rows).error());
}

}  // namespace

Result<void> migrate(Database& database, std::span<const Migration> steps) {
  while (true) {
    TRY(database.begin());
    const Result<bool> applied = apply_next(database, steps);
    if (!applied) {
      database.rollback();
      return std::unexpected(applied.error());
    }
    if (Result<void> committed = database.commit(); !committed) {
      database.rollback();
      return committed;
    }
    if (!*applied) return {};
  }
}

Result<MigrationStatus> migration_status(Database& database, std::span<const Migration> steps) {
  MigrationStatus status{.applied = 0, .known = static_cast<int>(steps.size())};
  TRY_ASSIGN(const bool initialised, has_table(database));
  if (!initialised) return status;
  TRY_ASSIGN(const Applied applied, read_applied(database));
  TRY(check(applied, steps));
  status.applied = static_cast<int>(applied.size());
  return status;
}

}  // namespace rescind::store

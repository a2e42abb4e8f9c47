#pragma once
// The schema: numbered steps, embedded at build, each in a transaction, each remembered with the
// digest of its text. Starting on a database that is newer, or whose applied steps differ, is an
// error. Blocking; the thread of the connection.

#include <span>
#include <string_view>

#include "base/result.h"
#include "store/database.h"

namespace rescind::store {

// One step: src/store/migrations/sqlite/<name>.sql.
struct Migration {
  int number;  // from 1, without holes
  std::string_view name;
  std::string_view sql;
};
std::span<const Migration> sqlite_migrations();

// Applies the steps that are missing. kConflict: the database is newer than this program, or was
// made by other steps; nothing is changed then.
Result<void> migrate(Database& database, std::span<const Migration> steps = sqlite_migrations());

struct MigrationStatus {
  int applied = 0;
  int known = 0;
};
// Without changing anything; `applied` is 0 for an empty file. kConflict as above.
Result<MigrationStatus> migration_status(Database& database,
                                         std::span<const Migration> steps = sqlite_migrations());

}  // namespace rescind::store

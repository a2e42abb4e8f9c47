#pragma once
// The schema: numbered steps, embedded at build, each in a transaction, each remembered with the
// digest of its text. Starting on a database that is newer, or whose applied steps differ, is an
// error.

#include "base/result.h"
#include "store/database.h"

namespace rescind::store {

Result<void> migrate(Database& database);
struct MigrationStatus {
  int applied = 0;
  int known = 0;
};
Result<MigrationStatus> migration_status(Database& database);

}  // namespace rescind::store

#pragma once
// SQLite as the Database: WAL, synchronous=FULL (what is acknowledged survives a power cut),
// foreign keys, a busy timeout. `path` is a file; several connections to it may be open, one writes
// at a time.

#include <memory>
#include <string>

#include "store/database.h"

namespace rescind::store {

struct SqliteOptions {
  std::string path;
  Milliseconds busy_timeout{5000};
  bool read_only = false;
  std::string vfs;  // empty: the default; the simulator has a faulty one
};

Result<std::unique_ptr<Database>> open_sqlite(const SqliteOptions& options);

}  // namespace rescind::store

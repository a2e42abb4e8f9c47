#pragma once
// SQLite as the Database: WAL, synchronous=FULL (what is acknowledged survives a power cut),
// foreign keys, a busy timeout. `path` is a file, made for its owner alone (0600); several
// connections to it may be open, one writes at a time. A connection is one thread's. ≈ 0.5 ms for a
// commit (the disk's fsync), ≈ 5 µs for a row.

#include <memory>
#include <string>

#include "store/database.h"

namespace rescind::store {

struct SqliteOptions {
  std::string path;
  // How long a writer waits for another one's lock, before kUnavailable: short, so that callers of
  // the authority hear "try again" within a second.
  Milliseconds busy_timeout{400};
  bool read_only = false;
  std::string vfs;  // empty: the default; the simulator has a faulty one
};

// kUnavailable: cannot be opened now. kCorrupt: no database.
Result<std::unique_ptr<Database>> open_sqlite(const SqliteOptions& options);

}  // namespace rescind::store

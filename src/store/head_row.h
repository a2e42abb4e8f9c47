#pragma once
// The one row that every transaction starts from: the end of the feed and what goes with it. One
// thread, as the connection.

#include <optional>
#include <string>

#include "store/bounds.h"
#include "store/database.h"
#include "store/records.h"

namespace rescind::store {

struct HeadRow {
  std::string issuer;
  std::string feed;
  Position position;
  Digest hash{};  // zeros before the first batch
  WallTime at{};
  WallTime purge_time{};  // of entries that are gone
  StoredBounds bounds;
};

// Nothing: the database is new.
Result<std::optional<HeadRow>> read_head(Database& database);
// kCorrupt where there is none.
Result<HeadRow> require_head(Database& database);
Result<void> insert_head(Database& database, const HeadRow& head);

Result<void> move_head(Database& database, Position position, const Digest& hash, WallTime at);
Result<void> set_bounds(Database& database, const StoredBounds& bounds);
Result<void> set_purge_time(Database& database, WallTime purge_time);

}  // namespace rescind::store

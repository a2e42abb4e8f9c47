#pragma once
// For tests: databases in a temporary folder that goes away with its owner.

#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "base/check.h"
#include "store/migrations.h"
#include "store/sqlite.h"

namespace rescind::store {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "rescind-XXXXXX").string();
    CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// A connection to `path`; a lock is waited for a moment only.
inline std::unique_ptr<Database> connect(const std::string& path) {
  auto database = open_sqlite({.path = path, .busy_timeout = Milliseconds(20)});
  CHECK(database.has_value());
  return *std::move(database);
}

// The same, with the schema in it.
inline std::unique_ptr<Database> connect_migrated(const std::string& path) {
  auto database = connect(path);
  const Result<void> migrated = migrate(*database);
  CHECK(migrated.has_value());
  return database;
}

}  // namespace rescind::store

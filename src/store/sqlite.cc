#include "store/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/check.h"

namespace rescind::store {
namespace {

// Of the write-ahead log, after a checkpoint: a burst does not keep the disk for ever.
constexpr int kLogBytes = 64 << 20;
// How far it grows before its pages go to their places: what many commits touch goes there once.
constexpr int kLogPages = 4000;
// The pages that a large group touches fit: else they are written twice, and read again.
constexpr int kWriterCacheKib = 8 << 10;

ErrorCode code_of(int sqlite_code) {
  switch (sqlite_code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL:
    case SQLITE_INTERRUPT:
      return ErrorCode::kUnavailable;
    case SQLITE_CONSTRAINT:
      return ErrorCode::kConflict;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::kCorrupt;
    case SQLITE_TOOBIG:
      return ErrorCode::kTooLarge;
    default:
      return ErrorCode::kInternal;
  }
}

// sqlite3_errmsg names tables and columns, never values.
std::unexpected<Error> error_of(sqlite3* connection, int code) {
  return fail(code_of(code), std::string("SQLite: ") + sqlite3_errmsg(connection));
}

struct Close {
  void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

class SqliteStatement final : public Statement {
 public:
  SqliteStatement(sqlite3* connection, sqlite3_stmt* statement)
      : connection_(connection), statement_(statement) {}

  Statement& bind(int index, std::int64_t value) override {
    return keep(sqlite3_bind_int64(statement_.get(), index, value));
  }
  Statement& bind(int index, std::string_view text) override {
    // A null pointer would bind NULL.
    const char* data = text.data() == nullptr ? "" : text.data();
    return keep(sqlite3_bind_text64(statement_.get(), index, data, text.size(), SQLITE_TRANSIENT,
                                    SQLITE_UTF8));
  }
  Statement& bind(int index, ByteView blob) override {
    const void* data = blob.data() == nullptr ? static_cast<const void*>("") : blob.data();
    return keep(sqlite3_bind_blob64(statement_.get(), index, data, blob.size(), SQLITE_TRANSIENT));
  }
  Statement& bind_null(int index) override {
    return keep(sqlite3_bind_null(statement_.get(), index));
  }

  Result<bool> step() override {
    if (bound_ != SQLITE_OK) return error_of(connection_, bound_);
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    auto error = error_of(connection_, code);
    sqlite3_reset(statement_.get());
    return error;
  }
  void reset() override {
    sqlite3_reset(statement_.get());
    sqlite3_clear_bindings(statement_.get());
    bound_ = SQLITE_OK;
  }

  std::int64_t integer(int column) const override {
    return sqlite3_column_int64(statement_.get(), column);
  }
  std::string_view text(int column) const override {
    const auto* data = sqlite3_column_text(statement_.get(), column);
    if (data == nullptr) return {};
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
  }
  ByteView blob(int column) const override {
    const auto* data = sqlite3_column_blob(statement_.get(), column);
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return {static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size)};
  }
  bool is_null(int column) const override {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
  }

 private:
  Statement& keep(int code) {
    CHECK(code != SQLITE_RANGE && code != SQLITE_MISUSE);
    if (code != SQLITE_OK) bound_ = code;
    return *this;
  }

  sqlite3* connection_;
  std::unique_ptr<sqlite3_stmt, Close> statement_;
  int bound_ = SQLITE_OK;  // the first failure to bind, told by step()
};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};

class Sqlite final : public Database {
 public:
  explicit Sqlite(std::unique_ptr<sqlite3, Close> connection)
      : connection_(std::move(connection)) {}

  Result<Statement*> prepare(std::string_view sql) override {
    if (const auto found = statements_.find(sql); found != statements_.end()) {
      found->second->reset();
      return found->second.get();
    }
    sqlite3_stmt* prepared = nullptr;
    const int code = sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    if (code != SQLITE_OK) return error_of(connection_.get(), code);
    auto statement = std::make_unique<SqliteStatement>(connection_.get(), prepared);
    return statements_.emplace(sql, std::move(statement)).first->second.get();
  }

  Result<void> execute(std::string_view sql) override {
    const std::string text(sql);
    const int code = sqlite3_exec(connection_.get(), text.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return error_of(connection_.get(), code);
    return {};
  }
  std::int64_t changes() const override { return sqlite3_changes64(connection_.get()); }

  Result<void> begin() override { return run("BEGIN IMMEDIATE"); }
  Result<void> begin_read() override { return run("BEGIN"); }
  Result<void> commit() override {
    TRY(still_in_transaction());
    finish_statements();
    return run("COMMIT");
  }
  void rollback() override {
    finish_statements();
    if (in_transaction()) (void)execute("ROLLBACK");
  }
  Result<void> savepoint() override {
    TRY(still_in_transaction());
    return run("SAVEPOINT operation");
  }
  Result<void> release() override {
    TRY(still_in_transaction());
    finish_statements();
    return run("RELEASE operation");
  }
  void rollback_to_savepoint() override {
    finish_statements();
    if (in_transaction()) (void)execute("ROLLBACK TO operation; RELEASE operation");
  }

 private:
  // What has no rows and comes with every operation: parsed once.
  Result<void> run(std::string_view sql) {
    TRY_ASSIGN(Statement* const statement, prepare(sql));
    const Result<bool> done = statement->step();
    statement->reset();
    if (!done) return std::unexpected(done.error());
    return {};
  }
  bool in_transaction() const { return sqlite3_get_autocommit(connection_.get()) == 0; }
  // SQLite itself ends the transaction at some errors (disk full, I/O); what came before is gone
  // then, and a savepoint would silently open another one.
  Result<void> still_in_transaction() const {
    if (in_transaction()) return {};
    return fail(ErrorCode::kUnavailable, "SQLite: the transaction was rolled back");
  }
  // A statement whose rows were not read to the end would keep the transaction open.
  void finish_statements() {
    sqlite3_stmt* statement = nullptr;
    while ((statement = sqlite3_next_stmt(connection_.get(), statement)) != nullptr) {
      if (sqlite3_stmt_busy(statement) != 0) sqlite3_reset(statement);
    }
  }

  std::unique_ptr<sqlite3, Close> connection_;
  std::unordered_map<std::string, std::unique_ptr<SqliteStatement>, TextHash, std::equal_to<>>
      statements_;  // declared last: finalized before the connection closes
};

// Password hashes and sealed keys lie in the file: it is made for its owner alone, and its name
// reaches the disk before anything that is acknowledged (SQLite syncs only its journals' names).
// The journals inherit its mode.
Result<void> create_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST) return {};
  if (file < 0) {
    return fail(ErrorCode::kUnavailable,
                "cannot create " + path + ": " + std::generic_category().message(errno));
  }
  ::close(file);
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const int folder =
      ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = folder >= 0 && ::fsync(folder) == 0;
  if (folder >= 0) ::close(folder);
  if (!synced) return fail(ErrorCode::kUnavailable, "cannot sync the folder of " + path);
  return {};
}

Result<void> configure(Database& database, sqlite3* connection, const SqliteOptions& options) {
  sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  TRY(database.execute("PRAGMA busy_timeout=" + std::to_string(options.busy_timeout.count()) +
                       ";PRAGMA foreign_keys=ON;PRAGMA trusted_schema=OFF"));
  if (options.read_only) return database.execute("PRAGMA query_only=ON");
  TRY_ASSIGN(Statement* const mode, database.prepare("PRAGMA journal_mode=WAL"));
  TRY_ASSIGN(const bool answered, mode->step());
  const bool is_wal = answered && mode->text(0) == "wal";
  mode->reset();
  if (!is_wal) {
    return fail(ErrorCode::kInternal, options.path +
                                          " is on a file system without shared memory; "
                                          "SQLite cannot write ahead there");
  }
  return database.execute(
      "PRAGMA synchronous=FULL;PRAGMA wal_autocheckpoint=" + std::to_string(kLogPages) +
      ";PRAGMA cache_size=-" + std::to_string(kWriterCacheKib) +
      ";PRAGMA journal_size_limit=" + std::to_string(kLogBytes));
}

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(const SqliteOptions& options) {
  if (!options.read_only && options.vfs.empty()) TRY(create_file(options.path));
  const int access =
      options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(options.path.c_str(), &opened,
                                   access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                                   options.vfs.empty() ? nullptr : options.vfs.c_str());
  std::unique_ptr<sqlite3, Close> connection(opened);
  if (code != SQLITE_OK) {
    return fail(code_of(code), "cannot open " + options.path + ": " +
                                   (opened == nullptr ? "no memory" : sqlite3_errmsg(opened)));
  }
  auto database = std::make_unique<Sqlite>(std::move(connection));
  TRY(configure(*database, opened, options));
  return database;
}

}  // namespace rescind::store

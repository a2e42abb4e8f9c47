#pragma once
// A relational database as the authority needs it: small, blocking, the same for SQLite and
// PostgreSQL. SQL is written once in what both speak; parameters are ?1, ?2 … One connection is one
// thread's. Errors: kUnavailable (locked, disk full, connection lost: the caller may try again,
// nothing is half done), kConflict (a constraint), kCorrupt, kInternal.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace rescind::store {

// A prepared statement, kept and reused. Bind, step, read; reset() before the next use.
class Statement {
 public:
  virtual ~Statement() = default;
  virtual Statement& bind(int index, std::int64_t value) = 0;
  virtual Statement& bind(int index, std::string_view text) = 0;
  virtual Statement& bind(int index, ByteView blob) = 0;
  virtual Statement& bind_null(int index) = 0;
  // True: a row is there. False: done.
  virtual Result<bool> step() = 0;
  virtual void reset() = 0;
  // Columns of the present row, from 0. Text and blob views are valid until the next step().
  virtual std::int64_t integer(int column) const = 0;
  virtual std::string_view text(int column) const = 0;
  virtual ByteView blob(int column) const = 0;
  virtual bool is_null(int column) const = 0;
};

class Database {
 public:
  virtual ~Database() = default;
  // The statement of this text, prepared at its first use and reset; owned by the connection.
  virtual Result<Statement*> prepare(std::string_view sql) = 0;
  // One or more statements without parameters or rows.
  virtual Result<void> execute(std::string_view sql) = 0;
  // Rows changed by the last statement.
  virtual std::int64_t changes() const = 0;

  virtual Result<void> begin() = 0;       // for writing
  virtual Result<void> begin_read() = 0;  // one consistent picture
  virtual Result<void> commit() = 0;      // durable when it returns
  virtual void rollback() = 0;
  virtual Result<void> savepoint() = 0;  // one level
  virtual Result<void> release() = 0;
  virtual void rollback_to_savepoint() = 0;

  // The database's own clock where several nodes share it; nothing: use the process's.
  virtual std::optional<WallTime> time() { return std::nullopt; }
};

}  // namespace rescind::store

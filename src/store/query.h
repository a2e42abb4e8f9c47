#pragma once
// A statement at work: bound in one call, read row by row, reset at its end, so that none is left
// half read when its transaction commits. For the repositories; values. One thread, as the
// connection.

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "revocation/position.h"
#include "store/database.h"

namespace rescind::store {

namespace detail {

inline void bind_value(Statement& statement, int index, std::integral auto value) {
  statement.bind(index, static_cast<std::int64_t>(value));
}
inline void bind_value(Statement& statement, int index, std::string_view text) {
  statement.bind(index, text);
}
inline void bind_value(Statement& statement, int index, const Digest& digest) {
  statement.bind(index, ByteView(digest));
}
inline void bind_value(Statement& statement, int index, ByteView blob) {
  statement.bind(index, blob);
}
inline void bind_value(Statement& statement, int index, WallTime time) {
  statement.bind(index, to_ms(time));
}
template <typename T>
  requires std::is_enum_v<T>
void bind_value(Statement& statement, int index, T value) {
  statement.bind(index, static_cast<std::int64_t>(value));
}
template <typename T>
void bind_value(Statement& statement, int index, const std::optional<T>& value) {
  if (value) {
    bind_value(statement, index, *value);
  } else {
    statement.bind_null(index);
  }
}

}  // namespace detail

class Query {
 public:
  // Binds `values` to ?1, ?2 …
  template <typename... Values>
  static Result<Query> make(Database& database, std::string_view sql, const Values&... values) {
    TRY_ASSIGN(Statement* const statement, database.prepare(sql));
    int index = 0;
    (detail::bind_value(*statement, ++index, values), ...);
    return Query(*statement);
  }
  ~Query() {
    if (statement_ != nullptr) statement_->reset();
  }
  Query(Query&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
  Query& operator=(Query&&) = delete;

  // True: a row is there. False: done.
  Result<bool> next() { return statement_->step(); }

  // Columns of the present row, from 0. Views are valid until next().
  std::int64_t integer(int column) const { return statement_->integer(column); }
  std::uint64_t count(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  bool truth(int column) const { return integer(column) != 0; }
  std::string_view text(int column) const { return statement_->text(column); }
  std::string string(int column) const { return std::string(text(column)); }
  ByteView blob(int column) const { return statement_->blob(column); }
  bool is_null(int column) const { return statement_->is_null(column); }
  WallTime time(int column) const { return wall_from_ms(integer(column)); }
  // Two columns, term and number.
  revocation::Position position(int column) const { return {count(column), count(column + 1)}; }
  // kCorrupt where it has not 32 bytes.
  Result<Digest> digest(int column) const;
  // kCorrupt past `last`.
  template <typename T>
    requires std::is_enum_v<T>
  Result<T> enumeration(int column, T last) const {
    const std::int64_t value = integer(column);
    if (value < 0 || value > static_cast<std::int64_t>(last)) return damaged("an unknown state");
    return static_cast<T>(value);
  }

 private:
  explicit Query(Statement& statement) : statement_(&statement) {}
  static std::unexpected<Error> damaged(std::string_view what);
  Statement* statement_;
};

// Runs a statement that has no rows; how many it changed.
template <typename... Values>
Result<std::int64_t> run(Database& database, std::string_view sql, const Values&... values) {
  TRY_ASSIGN(Query query, Query::make(database, sql, values...));
  TRY(query.next());
  return database.changes();
}

// The rows of a query as records: `read(query)` makes one.
template <typename Record>
Result<std::vector<Record>> collect(Query query, Result<Record> (*read)(const Query&)) {
  std::vector<Record> records;
  while (true) {
    TRY_ASSIGN(const bool found, query.next());
    if (!found) return records;
    TRY_ASSIGN(Record record, read(query));
    records.push_back(std::move(record));
  }
}

// The first row, or nothing.
template <typename Record>
Result<std::optional<Record>> first(Query query, Result<Record> (*read)(const Query&)) {
  TRY_ASSIGN(const bool found, query.next());
  if (!found) return std::optional<Record>();
  TRY_ASSIGN(Record record, read(query));
  return std::optional<Record>(std::move(record));
}

}  // namespace rescind::store

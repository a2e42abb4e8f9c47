#include "store/housekeeping.h"

#include <algorithm>

#include "store/head_row.h"
#include "store/limits.h"
#include "store/log_rows.h"
#include "store/query.h"

namespace rescind::store {
namespace {

constexpr std::string_view kBatchDue =
    "SELECT 1 FROM batch WHERE number = (SELECT min(number) FROM batch) AND at < ?1 "
    "AND number < (SELECT number FROM head WHERE id = 1)";
constexpr std::string_view kEntryDue = "SELECT 1 FROM entry WHERE until_seconds < ?1 LIMIT 1";
constexpr std::string_view kForgetEntries =
    "DELETE FROM entry WHERE key IN "
    "(SELECT key FROM entry WHERE until_seconds < ?1 ORDER BY until_seconds LIMIT ?2)";
// Positions are in the order of time, but for clocks that were set back: then they wait.
constexpr std::string_view kRecordDue =
    "SELECT 1 FROM revocation_record WHERE (term, number, ordinal) = "
    "(SELECT term, number, ordinal FROM revocation_record ORDER BY term, number, ordinal LIMIT 1) "
    "AND at < ?1";
constexpr std::string_view kForgetRecords =
    "DELETE FROM revocation_record WHERE at < ?1 AND (term, number, ordinal) IN "
    "(SELECT term, number, ordinal FROM revocation_record ORDER BY term, number, ordinal "
    "LIMIT ?2)";
constexpr std::string_view kRequestDue =
    "SELECT 1 FROM request_seen WHERE expires_seconds < ?1 LIMIT 1";
constexpr std::string_view kForgetRequests =
    "DELETE FROM request_seen WHERE (client_id, jti) IN "
    "(SELECT client_id, jti FROM request_seen WHERE expires_seconds < ?1 LIMIT ?2)";

template <typename... Values>
Result<bool> is_due(Database& database, std::string_view sql, const Values&... values) {
  TRY_ASSIGN(Query rows, Query::make(database, sql, values...));
  return rows.next();
}

Result<bool> anything_due(Database& database, const Forgettable& what) {
  TRY_ASSIGN(const bool batch, is_due(database, kBatchDue, what.batches_before));
  TRY_ASSIGN(const bool entry, is_due(database, kEntryDue, to_seconds(what.purge_time)));
  TRY_ASSIGN(const bool record, is_due(database, kRecordDue, what.records_before));
  TRY_ASSIGN(const bool request, is_due(database, kRequestDue, to_seconds(what.purge_time)));
  return batch || entry || record || request;
}

Result<bool> forget_in_transaction(Database& database, const Forgettable& what) {
  constexpr auto kLimit = static_cast<std::int64_t>(kMaxForgottenRows);
  // Together with what it purges: a token of that age is refused from then on, whatever the clock.
  TRY(set_purge_time(database, what.purge_time));
  TRY_ASSIGN(const std::size_t batches,
             forget_batches(database, what.batches_before, kMaxForgottenRows));
  TRY_ASSIGN(const std::int64_t entries,
             run(database, kForgetEntries, to_seconds(what.purge_time), kLimit));
  TRY_ASSIGN(const std::int64_t records,
             run(database, kForgetRecords, what.records_before, kLimit));
  TRY_ASSIGN(const std::int64_t requests,
             run(database, kForgetRequests, to_seconds(what.purge_time), kLimit));
  TRY(database.commit());
  return batches == kMaxForgottenRows || entries == kLimit || records == kLimit ||
         requests == kLimit;
}

}  // namespace

WallTime PurgeClock::advance(Now now) {
  const auto elapsed =
      std::max(std::chrono::floor<Milliseconds>(now.boot - boot_), Milliseconds(0));
  boot_ += elapsed;
  time_ = std::max(time_, std::min(now.wall, time_ + 2 * elapsed));
  return time_;
}

Result<bool> forget(Database& database, const Forgettable& what) {
  TRY_ASSIGN(const bool due, anything_due(database, what));
  if (!due) return false;
  TRY(database.begin());
  Result<bool> more = forget_in_transaction(database, what);
  if (!more) database.rollback();
  return more;
}

}  // namespace rescind::store

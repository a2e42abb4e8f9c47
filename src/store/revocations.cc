#include <limits>

#include "revocation/revocation.h"
#include "store/query.h"
#include "store/repositories.h"
#include "store/revocation_rows.h"

namespace rescind::store {
namespace {

using revocation::Entry;
using revocation::Key;
using revocation::Revocation;
using revocation::UntilSeconds;

constexpr std::string_view kFind =
    "SELECT key, cut_term, cut_number, until_seconds, reason FROM entry WHERE key = ?1";
constexpr std::string_view kLive =
    "SELECT key, cut_term, cut_number, until_seconds, reason FROM entry WHERE until_seconds >= ?1";
constexpr std::string_view kJoin =
    "INSERT INTO entry (key, issuer, claim, value, value_is_integer, cut_term, cut_number, "
    "until_seconds, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) "
    "ON CONFLICT (key) DO UPDATE SET "
    "cut_term = CASE WHEN (excluded.cut_term, excluded.cut_number) > "
    "(entry.cut_term, entry.cut_number) THEN excluded.cut_term ELSE entry.cut_term END, "
    "cut_number = CASE WHEN (excluded.cut_term, excluded.cut_number) > "
    "(entry.cut_term, entry.cut_number) THEN excluded.cut_number ELSE entry.cut_number END, "
    "until_seconds = CASE WHEN excluded.until_seconds > entry.until_seconds "
    "THEN excluded.until_seconds ELSE entry.until_seconds END, "
    "reason = CASE WHEN excluded.reason > entry.reason "
    "THEN excluded.reason ELSE entry.reason END";
constexpr std::string_view kRecord =
    "SELECT term, number, ordinal, issuer, claim, value, value_is_integer, cut_term, cut_number, "
    "until_seconds, reason, at, actor, note FROM revocation_record "
    "WHERE term = ?1 AND number = ?2 AND ordinal = ?3";
constexpr std::string_view kRecords =
    "SELECT term, number, ordinal, issuer, claim, value, value_is_integer, cut_term, cut_number, "
    "until_seconds, reason, at, actor, note FROM revocation_record "
    "WHERE (term, number, ordinal) < (?1, ?2, ?3) "
    "ORDER BY term DESC, number DESC, ordinal DESC LIMIT ?4";
constexpr std::string_view kInsertRecord =
    "INSERT INTO revocation_record (term, number, ordinal, issuer, claim, value, "
    "value_is_integer, cut_term, cut_number, until_seconds, reason, at, actor, note) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";

constexpr std::int64_t kForeverInDatabase = std::numeric_limits<std::int64_t>::max();

std::int64_t until_to_row(UntilSeconds until) {
  constexpr auto kLargest = static_cast<UntilSeconds>(kForeverInDatabase);
  return until < kLargest ? static_cast<std::int64_t>(until) : kForeverInDatabase;
}
UntilSeconds until_from_row(std::int64_t seconds) {
  return seconds == kForeverInDatabase ? revocation::kForever : static_cast<UntilSeconds>(seconds);
}

std::string key_bytes(const Key& key) {
  std::string bytes;
  put_u64(bytes, key.high);
  put_u64(bytes, key.low);
  return bytes;
}

std::optional<std::uint64_t> cut_term(const Revocation& revocation) {
  if (!revocation.cut) return std::nullopt;
  return revocation.cut->term;
}
std::optional<std::uint64_t> cut_number(const Revocation& revocation) {
  if (!revocation.cut) return std::nullopt;
  return revocation.cut->number;
}

std::optional<Stamp> read_cut(const Query& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return row.position(column);
}

Result<Entry> read_entry(const Query& row) {
  const ByteView key = row.blob(0);
  if (key.size() != 16) return fail(ErrorCode::kCorrupt, "an entry's key has the wrong size");
  Entry entry{.key = {get_u64(key.data()), get_u64(key.data() + 8)},
              .cut = read_cut(row, 1),
              .until = until_from_row(row.integer(3))};
  TRY_ASSIGN(entry.reason, row.enumeration(4, revocation::Reason::kCompromised));
  return entry;
}

Result<revocation::Value> read_value(std::string_view text, bool is_integer) {
  if (!is_integer) return revocation::Value(std::string(text));
  const std::string digits(text);
  char* end = nullptr;
  const std::int64_t integer = std::strtoll(digits.c_str(), &end, 10);
  if (digits.empty() || *end != '\0') {
    return fail(ErrorCode::kCorrupt, "a revoked integer is none");
  }
  return revocation::Value(integer);
}

Result<RevocationRecord> read_record(const Query& row) {
  RevocationRecord record;
  record.position = row.position(0);
  record.id = record_id(record.position, row.count(2));
  record.revocation.target.issuer = row.string(3);
  record.revocation.target.claim = row.string(4);
  TRY_ASSIGN(record.revocation.target.value, read_value(row.text(5), row.truth(6)));
  record.revocation.cut = read_cut(row, 7);
  record.revocation.until = until_from_row(row.integer(9));
  TRY_ASSIGN(record.revocation.reason, row.enumeration(10, revocation::Reason::kCompromised));
  record.at = row.time(11);
  record.actor = row.string(12);
  record.note = row.string(13);
  return record;
}

struct RecordKey {
  Position position;
  std::uint64_t ordinal = 0;
};

std::optional<RecordKey> parse_record_id(std::string_view id) {
  const std::size_t dot = id.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto position = revocation::parse_position(id.substr(0, dot));
  // An ordinal is spelled as a position's parts are.
  const auto ordinal = revocation::parse_position("0." + std::string(id.substr(dot + 1)));
  if (!position || !ordinal) return std::nullopt;
  return RecordKey{*position, ordinal->number};
}

bool is_integer(const revocation::Value& value) {
  return std::holds_alternative<std::int64_t>(value);
}

}  // namespace

std::string record_id(Position position, std::size_t ordinal) {
  return revocation::to_string(position) + "." + std::to_string(ordinal);
}

Result<void> join_entry(Database& database, const Revocation& revocation) {
  const std::string key = key_bytes(revocation::key_of(revocation.target));
  TRY(run(database, kJoin, bytes_of(key), revocation.target.issuer, revocation.target.claim,
          revocation::to_string(revocation.target.value), is_integer(revocation.target.value),
          cut_term(revocation), cut_number(revocation), until_to_row(revocation.until),
          revocation.reason));
  return {};
}

Result<void> insert_record(Database& database, const RevocationRecord& record,
                           std::size_t ordinal) {
  const Revocation& revocation = record.revocation;
  TRY(run(database, kInsertRecord, record.position.term, record.position.number, ordinal,
          revocation.target.issuer, revocation.target.claim,
          revocation::to_string(revocation.target.value), is_integer(revocation.target.value),
          cut_term(revocation), cut_number(revocation), until_to_row(revocation.until),
          revocation.reason, record.at, record.actor, record.note));
  return {};
}

Result<std::optional<Entry>> Revocations::find(const Key& key) {
  const std::string bytes = key_bytes(key);
  TRY_ASSIGN(Query rows, Query::make(database_, kFind, bytes_of(bytes)));
  return first(std::move(rows), read_entry);
}

Result<std::vector<Entry>> Revocations::live(WallTime purge_time) {
  TRY_ASSIGN(Query rows, Query::make(database_, kLive, to_seconds(purge_time)));
  return collect(std::move(rows), read_entry);
}

Result<std::optional<RevocationRecord>> Revocations::record(std::string_view id) {
  const auto key = parse_record_id(id);
  if (!key) return std::optional<RevocationRecord>();
  TRY_ASSIGN(Query rows, Query::make(database_, kRecord, key->position.term, key->position.number,
                                     key->ordinal));
  return first(std::move(rows), read_record);
}

Result<std::vector<RevocationRecord>> Revocations::records(const Page& page) {
  constexpr auto kNewest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  RecordKey before{{kNewest, kNewest}, kNewest};
  if (!page.after.empty()) {
    const auto key = parse_record_id(page.after);
    if (!key) return fail(ErrorCode::kInvalid, "no such cursor");
    before = *key;
  }
  TRY_ASSIGN(Query rows, Query::make(database_, kRecords, before.position.term,
                                     before.position.number, before.ordinal, page.rows()));
  return collect(std::move(rows), read_record);
}

}  // namespace rescind::store

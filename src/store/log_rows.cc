#include "store/log_rows.h"

#include "base/json.h"
#include "store/limits.h"
#include "store/query.h"

namespace rescind::store {
namespace {

constexpr std::string_view kInsertBatch =
    "INSERT INTO batch (number, term, hash, at, jws) VALUES (?1, ?2, ?3, ?4, ?5)";
constexpr std::string_view kBatchesAfter =
    "SELECT term, number, hash, jws FROM batch WHERE number > ?1 ORDER BY number LIMIT ?2";
constexpr std::string_view kFindBatch =
    "SELECT term, number, hash, jws FROM batch WHERE number = ?1";
constexpr std::string_view kOldestBatch = "SELECT number FROM batch ORDER BY number LIMIT 1";
constexpr std::string_view kOldestBatches = "SELECT number, at FROM batch ORDER BY number LIMIT ?1";
constexpr std::string_view kForgetBatches = "DELETE FROM batch WHERE number < ?1";
constexpr std::string_view kInsertTerm =
    "INSERT INTO term (term, first, previous) VALUES (?1, ?2, ?3)";
constexpr std::string_view kTerms = "SELECT term, first, previous FROM term ORDER BY term";
constexpr std::string_view kPutRules =
    "INSERT INTO rules (id, number, json) VALUES (1, ?1, ?2) "
    "ON CONFLICT (id) DO UPDATE SET number = excluded.number, json = excluded.json";
constexpr std::string_view kRules = "SELECT json FROM rules WHERE id = 1";
constexpr std::string_view kInsertAnnouncement =
    "INSERT INTO announcement (number, jws, keys) VALUES (?1, ?2, ?3)";
constexpr std::string_view kAnnouncements =
    "SELECT number, jws, keys FROM announcement ORDER BY number";

constexpr json::Limits kStoredJson{.bytes = std::size_t{1} << 20U, .members = 100'000};

Result<feed::Sealed> read_batch(const Query& row) {
  feed::Sealed sealed{.position = row.position(0), .hash = {}, .jws = row.string(3)};
  TRY_ASSIGN(sealed.hash, row.digest(2));
  return sealed;
}

Result<feed::Term> read_term(const Query& row) {
  feed::Term term{.term = row.count(0), .first = row.count(1), .previous = {}};
  TRY_ASSIGN(term.previous, row.digest(2));
  return term;
}

Result<Announcement> read_announcement(const Query& row) {
  Announcement announcement{.number = row.count(0), .jws = row.string(1), .keys = {}};
  json::Reader reader;
  TRY_ASSIGN(const json::Value root, reader.parse(row.text(2), kStoredJson));
  for (auto child = root.first(); child; child = child->next()) {
    announcement.keys.emplace_back(child->string().value_or(""));
  }
  return announcement;
}

}  // namespace

Result<void> insert_batch(Database& database, const feed::Sealed& sealed, WallTime at) {
  TRY(run(database, kInsertBatch, sealed.position.number, sealed.position.term, sealed.hash, at,
          sealed.jws));
  return {};
}

Result<std::vector<feed::Sealed>> batches_after(Database& database, std::uint64_t number,
                                                std::size_t limit) {
  TRY_ASSIGN(Query rows, Query::make(database, kBatchesAfter, number, limit));
  std::vector<feed::Sealed> batches;
  std::size_t bytes = 0;
  while (bytes < kMaxReadBytes) {
    TRY_ASSIGN(const bool found, rows.next());
    if (!found) break;
    TRY_ASSIGN(feed::Sealed batch, read_batch(rows));
    bytes += batch.jws.size();
    batches.push_back(std::move(batch));
  }
  return batches;
}

Result<std::optional<feed::Sealed>> find_batch(Database& database, std::uint64_t number) {
  TRY_ASSIGN(Query rows, Query::make(database, kFindBatch, number));
  return first(std::move(rows), read_batch);
}

Result<std::optional<std::uint64_t>> oldest_batch(Database& database) {
  TRY_ASSIGN(Query rows, Query::make(database, kOldestBatch));
  TRY_ASSIGN(const bool found, rows.next());
  if (!found) return std::optional<std::uint64_t>();
  return std::optional(rows.count(0));
}

Result<std::size_t> forget_batches(Database& database, WallTime before, std::size_t limit) {
  std::uint64_t keep_from = 0;
  std::size_t old = 0;
  {
    // One more than may go: the last row read is always kept, so the head is too.
    TRY_ASSIGN(Query rows, Query::make(database, kOldestBatches, limit + 1));
    while (true) {
      TRY_ASSIGN(const bool found, rows.next());
      if (!found) break;
      if (keep_from != 0) ++old;
      keep_from = rows.count(0);
      if (rows.time(1) >= before) break;
    }
  }
  if (old == 0) return 0;
  TRY(run(database, kForgetBatches, keep_from));
  return old;
}

Result<void> insert_term(Database& database, const feed::Term& term) {
  TRY(run(database, kInsertTerm, term.term, term.first, term.previous));
  return {};
}

Result<std::vector<feed::Term>> read_terms(Database& database) {
  TRY_ASSIGN(Query rows, Query::make(database, kTerms));
  return collect(std::move(rows), read_term);
}

Result<void> put_rules(Database& database, const revocation::Rules& rules, std::uint64_t number) {
  TRY(run(database, kPutRules, number, revocation::to_json(rules)));
  return {};
}

Result<std::shared_ptr<const revocation::Rules>> read_rules(Database& database) {
  TRY_ASSIGN(Query rows, Query::make(database, kRules));
  TRY_ASSIGN(const bool found, rows.next());
  if (!found) return std::make_shared<const revocation::Rules>();
  json::Reader reader;
  TRY_ASSIGN(const json::Value root, reader.parse(rows.text(0), kStoredJson));
  TRY_ASSIGN(revocation::Rules rules, revocation::parse_rules(root));
  return std::make_shared<const revocation::Rules>(std::move(rules));
}

Result<void> insert_announcement(Database& database, const Announcement& announcement) {
  json::Writer keys;
  keys.array();
  for (const std::string& key : announcement.keys) keys.value(key);
  TRY(run(database, kInsertAnnouncement, announcement.number, announcement.jws, keys.end().take()));
  return {};
}

Result<std::vector<Announcement>> read_announcements(Database& database) {
  TRY_ASSIGN(Query rows, Query::make(database, kAnnouncements));
  return collect(std::move(rows), read_announcement);
}

}  // namespace rescind::store

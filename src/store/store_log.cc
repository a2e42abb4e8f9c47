#include "store/store_log.h"

#include <algorithm>

#include "feed/snapshot.h"
#include "store/head_row.h"
#include "store/log_rows.h"
#include "store/repositories.h"

namespace rescind::store {
namespace {

// Reads of one transaction see one picture.
template <typename Read>
auto in_one_picture(Database& database, const Read& read) -> decltype(read()) {
  TRY(database.begin_read());
  auto result = read();
  database.rollback();
  return result;
}

Result<std::vector<feed::Sealed>> batches(Database& database, Position after, std::size_t limit) {
  TRY_ASSIGN(const HeadRow head, require_head(database));
  TRY_ASSIGN(const std::vector<feed::Term> terms, read_terms(database));
  if (!feed::contains(terms, head.position, after)) {
    return fail(ErrorCode::kConflict, "this history does not contain that position");
  }
  if (after == head.position || limit == 0) return std::vector<feed::Sealed>();
  TRY_ASSIGN(std::vector<feed::Sealed> found, batches_after(database, after.number, limit));
  if (found.empty() || found.front().position.number != after.number + 1) {
    return fail(ErrorCode::kGone, "the batches after that position are no longer kept");
  }
  return found;
}

}  // namespace

StoreLog::StoreLog(Options options, std::unique_ptr<Database> database,
                   std::shared_ptr<const jwt::SigningKey> key, const Clock& clock,
                   std::shared_ptr<SteadyTime> steady_time)
    : options_(std::move(options)),
      database_(std::move(database)),
      key_(std::move(key)),
      clock_(clock),
      steady_time_(std::move(steady_time)) {}

Result<feed::Head> StoreLog::head() {
  const Now now = clock_.now();
  const WallTime clock = time(now);  // before the head
  TRY_ASSIGN(const std::optional<HeadRow> head, read_head(*database_));
  if (!head) return feed::Head{.at = clock};
  // Another process may have begun the term, by a clock that was ahead: who asks for the term's
  // time must not be told an earlier one than its batches tell.
  const WallTime at = steady_time_->at(head->position.term, clock, now.boot);
  return feed::Head{.position = head->position, .hash = head->hash, .at = std::max(at, head->at)};
}

Result<std::vector<feed::Sealed>> StoreLog::read_after(Position after, std::size_t limit) {
  return in_one_picture(*database_, [&] { return batches(*database_, after, limit); });
}

Result<feed::Snapshot> StoreLog::snapshot() {
  const Now now = clock_.now();
  TRY_ASSIGN(const bool due, is_due(now));
  if (!due) return *snapshot_;
  const WallTime at = time(now);
  TRY_ASSIGN(feed::Snapshot made, in_one_picture(*database_, [&] { return make(at); }));
  snapshot_made_ = now.boot;
  return snapshot_.emplace(std::move(made));
}

Result<bool> StoreLog::is_due(Now now) {
  if (!snapshot_) return true;
  TRY_ASSIGN(const HeadRow head, require_head(*database_));
  if (head.position == snapshot_position_) return false;
  if (now.boot - snapshot_made_ >= options_.snapshot_every) return true;
  // Never one that the tail no longer reaches back to, or of another history.
  const auto next = batches(*database_, snapshot_position_, 1);
  if (next) return false;
  if (next.error().code == ErrorCode::kGone || next.error().code == ErrorCode::kConflict) {
    return true;
  }
  return std::unexpected(next.error());
}

Result<feed::Snapshot> StoreLog::make(WallTime at) {
  TRY_ASSIGN(const HeadRow head, require_head(*database_));
  feed::Manifest manifest{.issuer = options_.issuer,
                          .feed = options_.feed,
                          .position = head.position,
                          .head = head.hash,
                          .at = at,
                          .purge_time = head.purge_time};
  TRY_ASSIGN(manifest.terms, read_terms(*database_));
  TRY_ASSIGN(manifest.rules, read_rules(*database_));
  manifest.keys = {key_->public_key().public_jwk()};
  TRY_ASSIGN(std::vector<Announcement> announced, read_announcements(*database_));
  for (Announcement& one : announced) {
    const bool names_ours =
        std::ranges::find(one.keys, key_->public_key().public_jwk()) != one.keys.end();
    if (names_ours) manifest.keys = one.keys;
    manifest.announcements.push_back(std::move(one.jws));
  }
  TRY_ASSIGN(auto entries, Revocations(*database_).live(head.purge_time));
  TRY_ASSIGN(feed::Snapshot snapshot,
             feed::make_snapshot(std::move(manifest), std::move(entries), *key_));
  snapshot_position_ = head.position;
  return snapshot;
}

}  // namespace rescind::store

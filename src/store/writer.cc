#include "store/writer.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "feed/keys.h"
#include "store/limits.h"
#include "store/log_rows.h"

namespace rescind::store {
namespace {

using Committed = Committer::Committed;

std::string name_of(Position position) { return revocation::to_string(position); }

revocation::Revocation everything_of(const std::string& issuer, Position before,
                                     const Group& group) {
  return {.target = {issuer, std::string(revocation::claim::kIssuer), issuer},
          .cut = before,
          .until = last_expiry(group.bounds(), group.at()),
          .reason = revocation::Reason::kRevoked};
}

Result<void> check(const Committer::Options& options) {
  if (options.issuer.empty() || options.feed.empty()) {
    return fail(ErrorCode::kInvalid, "a feed needs an issuer and a name");
  }
  if (options.retention < 10 * options.snapshot_every) {
    return fail(ErrorCode::kInvalid,
                "the log's retention has to be at least ten snapshot intervals, or followers "
                "find neither a snapshot nor the batches after theirs");
  }
  return {};
}

}  // namespace

Writer::Writer(const Committer::Options& options, std::unique_ptr<Database> database,
               std::shared_ptr<const jwt::SigningKey> key, Log& log, Now now)
    : options_(options),
      database_(std::move(database)),
      key_(std::move(key)),
      log_(log),
      purge_clock_(now.wall, now.boot) {}

Result<std::unique_ptr<Writer>> Writer::open(const Committer::Options& options,
                                             std::unique_ptr<Database> database,
                                             std::shared_ptr<const jwt::SigningKey> key, Log& log,
                                             Now now) {
  TRY(check(options));
  CHECK(database != nullptr && key != nullptr);
  std::unique_ptr<Writer> writer(
      new Writer(options, std::move(database), std::move(key), log, now));
  TRY(writer->adopt_head_row(now));
  TRY(writer->commit_in_new_term(now, 0, [](Group&) { return Result<void>(); }));
  return writer;
}

Result<void> Writer::adopt_head_row(Now now) {
  TRY_ASSIGN(std::optional<HeadRow> head, read_head(*database_));
  if (!head) {
    head = HeadRow{.issuer = options_.issuer,
                   .feed = options_.feed,
                   .position = {},
                   .purge_time = time(now),
                   .bounds = {}};
    TRY(insert_head(*database_, *head));
  }
  if (head->issuer != options_.issuer || head->feed != options_.feed) {
    return fail(ErrorCode::kConflict, "the database holds the feed " + head->feed + " of " +
                                          head->issuer + ", not " + options_.feed + " of " +
                                          options_.issuer);
  }
  purge_clock_ = PurgeClock(head->purge_time, now.boot);
  seen_ = head->position;
  seen_hash_ = head->hash;
  TRY_ASSIGN(const std::vector<Announcement> announced, read_announcements(*database_));
  if (announced.empty()) return {};
  const std::string& own = key_->public_key().public_jwk();
  if (std::ranges::find(announced.back().keys, own) == announced.back().keys.end()) {
    log_.warning("the feed's key was never announced: followers believe it only if they pin it",
                 {{"kid", key_->key_id()}});
  }
  return {};
}

Result<Committed> Writer::commit(Now now, const Work& work) {
  return transact(by_database(now), std::nullopt, work);
}

Result<Committed> Writer::commit_in_new_term(Now now, std::uint64_t above, const Work& work) {
  return transact(by_database(now), above, work);
}

Result<Committed> Writer::transact(Now now, std::optional<std::uint64_t> term_above,
                                   const Work& work) {
  TRY(database_->begin());
  Result<Moved> moved = work_and_seal(now, term_above, work);
  if (moved) {
    if (Result<void> done = database_->commit(); !done) moved = std::unexpected(done.error());
  }
  if (!moved) {
    database_->rollback();
    return std::unexpected(std::move(moved).error());
  }
  const HeadRow& head = moved->head;
  const WallTime at = steady_time_->at(head.position.term, now.wall, now.boot);
  seen_ = head.position;
  seen_hash_ = head.hash;
  return Committed{.head = head.position,
                   .at = std::max(at, head.at),
                   .before = moved->before,
                   .wants_receipts = moved->wants_receipts};
}

Result<Writer::Moved> Writer::work_and_seal(Now now, std::optional<std::uint64_t> term_above,
                                            const Work& work) {
  TRY_ASSIGN(const HeadRow head, require_head(*database_));
  const bool behind = is_behind(head);
  if (behind) {
    log_.error("the database is behind what this writer has committed to it",
               {{"committed", name_of(seen_)}, {"found", name_of(head.position)}});
  }
  const bool begins_term = term_above || behind || was_set(now, head);
  const WallTime at =
      begins_term ? now.wall
                  : std::max(steady_time_->at(head.position.term, now.wall, now.boot), head.at);
  Group group(*database_, head, at);
  if (begins_term) {
    const std::uint64_t greatest =
        std::max({term_above.value_or(0), head.position.term, seen_.term});
    const auto clock = static_cast<std::uint64_t>(std::max<std::int64_t>(to_ms(at), 0));
    const Position first = group.begin_term(std::max(clock, greatest + 1));
    log_.info("a new term of the feed", {{"position", name_of(first)}});
  }
  TRY(work(group));
  TRY_ASSIGN(HeadRow sealed, group.seal(*key_));
  return Moved{
      .head = std::move(sealed), .before = head.position, .wants_receipts = group.wants_receipts()};
}

// A restored copy, or another server that lagged.
bool Writer::is_behind(const HeadRow& head) const {
  return head.position < seen_ || (head.position == seen_ && head.hash != seen_hash_);
}

// In a term that another writer began it shows only where it is below what that said.
bool Writer::was_set(Now clock, const HeadRow& head) const {
  return clock.wall + kClockSlack < head.at ||
         steady_time_->was_set(head.position.term, clock.wall, clock.boot);
}

BootTime Writer::keep_house(Now now) {
  const Now clock = by_database(now);
  // Even when nobody revokes.
  if (steady_time_->was_set(seen_.term, clock.wall, clock.boot)) {
    const auto begun = commit_in_new_term(now, 0, [](Group&) { return Result<void>(); });
    if (!begun) log_.error("cannot begin a term", {{"error", begun.error().message}});
  }
  steady_time_->at(seen_.term, clock.wall, clock.boot);
  const Forgettable what{.batches_before = clock.wall - options_.retention,
                         .purge_time = purge_clock_.advance(clock),
                         .records_before = clock.wall - options_.record_retention};
  const Result<bool> more = forget(*database_, what);
  if (!more) log_.warning("cannot tidy the store", {{"error", more.error().message}});
  // The rest soon, but with room for groups between.
  return now.boot +
         (more.value_or(false) ? 10 * options_.spacing : Milliseconds(kHousekeepingEvery));
}

Result<std::shared_ptr<const jwt::KeySet>> Writer::feed_keys() {
  std::vector<std::string> jwks{key_->public_key().public_jwk()};
  TRY_ASSIGN(const std::vector<Announcement> announced, read_announcements(*database_));
  for (const Announcement& one : announced) {
    for (const std::string& jwk : one.keys) {
      if (std::ranges::find(jwks, jwk) == jwks.end()) jwks.push_back(jwk);
    }
  }
  return feed::key_set_of(jwks);
}

Result<bool> Writer::is_lost(const feed::Proof& proof) {
  TRY_ASSIGN(const bool is_known, Losses(*database_).reaches(proof.position));
  if (is_known) return false;
  TRY_ASSIGN(const HeadRow head, require_head(*database_));
  TRY_ASSIGN(const std::vector<feed::Term> terms, read_terms(*database_));
  if (!feed::contains(terms, head.position, proof.position)) return true;
  // The position is ours; is the batch? Of those that are kept one can tell.
  TRY_ASSIGN(const auto batch, find_batch(*database_, proof.position.number));
  return batch && batch->hash != proof.hash;
}

// The terms tell where the lost history and this one part: before the first that is later than it.
Result<void> Writer::find_common(Committer::Lost& lost) {
  TRY_ASSIGN(const HeadRow head, require_head(*database_));
  TRY_ASSIGN(const std::vector<feed::Term> terms, read_terms(*database_));
  for (std::size_t i = 0; i < terms.size(); ++i) {
    if (terms[i].term > lost.proof.position.term) {
      lost.parted = terms[i].term;
      return {};
    }
    const bool last = i + 1 == terms.size();
    lost.common.position = {terms[i].term, last ? head.position.number : terms[i + 1].first - 1};
    lost.common.head = last ? head.hash : terms[i + 1].previous;
  }
  return {};
}

Result<std::optional<Committer::Lost>> Writer::find_lost(std::string_view word) {
  TRY_ASSIGN(const auto keys, feed_keys());
  TRY_ASSIGN(feed::Proof proof, feed::read_proof(word, *keys));
  if (proof.issuer != options_.issuer || proof.feed != options_.feed) {
    return fail(ErrorCode::kCorrupt, "the word is of another feed");
  }
  TRY_ASSIGN(const bool lost, is_lost(proof));
  if (!lost) return std::optional<Committer::Lost>();
  Committer::Lost found{.proof = std::move(proof), .common = {}};
  TRY(find_common(found));
  return std::optional(std::move(found));
}

Result<std::optional<Committer::OpenLoss>> Writer::open_loss(WallTime now) {
  TRY_ASSIGN(const std::optional<Loss> loss, Losses(*database_).latest());
  if (!loss || !loss->late || now >= loss->late->until) return std::nullopt;
  TRY_ASSIGN(const auto keys, feed_keys());
  TRY_ASSIGN(feed::Proof proof, feed::read_proof(loss->proof, *keys));
  const std::uint64_t recovered = loss->recovered_term;
  Committer::OpenLoss open{
      .lost = {.proof = std::move(proof), .common = {}},
      .missing = {.position = {loss->position.term, loss->late->missing_number},
                  .head = loss->late->missing_hash},
      .cut = std::nullopt,
      .until = loss->late->until};
  TRY(find_common(open.lost));
  if (open.missing.position.number <= open.lost.common.position.number) return std::nullopt;
  TRY_ASSIGN(const std::vector<feed::Term> terms, read_terms(*database_));
  const auto term = std::ranges::find(terms, recovered, &feed::Term::term);
  if (loss->was_cut && term != terms.end()) open.cut = Position{term->term, term->first};
  return open;
}

Result<bool> Writer::recover(std::string_view word, bool cut, Now now,
                             const Committer::TakenBack& taken) {
  TRY_ASSIGN(const std::optional<Committer::Lost> lost, find_lost(word));
  if (!lost) return false;
  const feed::Proof& proof = lost->proof;
  bool cuts = cut;
  const auto work = [&](Group& group) -> Result<void> {
    const Position first = *group.first_of_term();
    if (taken.commit_anew) {
      std::move_only_function<Result<void>(Transaction&)> anew = [&](Transaction& transaction) {
        return taken.commit_anew(transaction, first);
      };
      TRY_ASSIGN(const Group::Outcome outcome, group.run(anew));
      if (!outcome.of_operation) {
        log_.error("what was taken back of a lost history cannot be committed anew",
                   {{"why", outcome.of_operation.error().message}});
      }
      cuts = cut && !(taken.complete && outcome.of_operation);
    }
    Loss loss{.position = proof.position,
              .at = group.at(),
              .recovered_term = first.term,
              .was_cut = cuts,
              .proof = std::string(word)};
    if (!taken.complete && taken.late > Milliseconds(0)) {
      loss.late = Loss::Late{.until = group.at() + taken.late,
                             .missing_number = taken.missing.position.number,
                             .missing_hash = taken.missing.head};
    }
    TRY(group.losses().insert(loss));
    if (!cuts) return {};
    TRY(group.revoke(everything_of(options_.issuer, first, group), "authority",
                     "history lost up to " + name_of(proof.position)));
    return {};
  };
  TRY_ASSIGN(const Committed done, commit_in_new_term(now, proof.position.term, work));
  log_.error("history was lost: a follower has a signed batch that this log does not contain",
             {{"lost_up_to", name_of(proof.position)},
              {"head", name_of(done.head)},
              {"taken_back", taken.complete      ? "all"
                             : taken.commit_anew ? "in part"
                                                 : "nothing"},
              {"issuer_cut", cuts ? "yes" : "no"}});
  return true;
}

Result<void> Writer::change_key(std::shared_ptr<const jwt::SigningKey> next, Now now) {
  CHECK(next != nullptr);
  // The present one stays good until the next change: words signed with it are under way.
  const std::vector<std::string> keys{next->public_key().public_jwk(),
                                      key_->public_key().public_jwk()};
  TRY(commit(now, [&keys](Group& group) -> Result<void> {
    group.announce(keys);
    return {};
  }));
  log_.info("the feed's key was changed", {{"kid", next->key_id()}});
  key_ = std::move(next);
  return {};
}

}  // namespace rescind::store

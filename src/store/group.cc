#include "store/group.h"

#include <utility>

#include "base/json.h"
#include "feed/fields.h"
#include "store/log_rows.h"
#include "store/query.h"
#include "store/revocation_rows.h"

namespace rescind::store {
namespace {

constexpr std::string_view kAliveOfClaim =
    "SELECT 1 FROM entry WHERE issuer = ?1 AND claim = ?2 AND until_seconds >= ?3 LIMIT 1";

// Where the database does not say, it may be alive.
bool may_be_alive(Database& database, std::string_view issuer, std::string_view claim,
                  WallTime at) {
  auto rows = Query::make(database, kAliveOfClaim, issuer, claim, to_seconds(at));
  if (!rows) return true;
  return rows->next().value_or(true);
}

Result<void> check(const revocation::Revocation& revocation) {
  TRY(revocation::check(revocation.target));
  if (revocation.cut && !revocation::has_cut(revocation.target.claim)) {
    return fail(ErrorCode::kInvalid, "a revocation of this claim has no cut");
  }
  if (revocation.until > feed::kMaxWhole && revocation.until != revocation::kForever) {
    return fail(ErrorCode::kInvalid, "a revocation's until is out of range");
  }
  if (revocation.cut && revocation.cut->term == 0 && revocation.cut->number > feed::kMaxWhole) {
    return fail(ErrorCode::kInvalid, "a revocation's cut is out of range");
  }
  return {};
}

// As followers will read them.
Result<revocation::Rules> canonical(const revocation::Rules& rules) {
  json::Reader reader;
  const std::string text = revocation::to_json(rules);
  const auto root = reader.parse(text, {.bytes = feed::kMaxBatchBytes / 2, .members = 16'384});
  if (!root) return fail(ErrorCode::kTooLarge, "the rules are too large for a batch");
  return revocation::parse_rules(*root);
}

}  // namespace

Group::Group(Database& database, HeadRow head, WallTime at)
    : database_(database),
      head_(std::move(head)),
      at_(at),
      plan_(head_.issuer, head_.position),
      accounts_(database),
      clients_(database),
      sessions_(database),
      refresh_tokens_(database),
      signing_keys_(database),
      revocations_(database),
      leases_(database),
      requests_(database),
      losses_(database) {}

Position Group::begin_term(std::uint64_t term) {
  first_of_term_ = plan_.begin_term(term);
  return *first_of_term_;
}

void Group::announce(std::vector<std::string> keys) { plan_.add(std::move(keys)); }

Result<Group::Outcome> Group::run(std::move_only_function<Result<void>(Transaction&)>& operation) {
  TRY(database_.savepoint());
  const BatchPlan::Mark mark = plan_.mark();
  const StoredBounds bounds = head_.bounds;
  const bool wants_receipts = wants_receipts_;
  Outcome outcome{operation(*this)};
  if (outcome.of_operation) {
    TRY(database_.release());
    return outcome;
  }
  database_.rollback_to_savepoint();
  plan_.roll_back(mark);
  head_.bounds = bounds;
  wants_receipts_ = wants_receipts;
  return outcome;
}

Result<BatchPlan::Place> Group::plan(revocation::Revocation& revocation) {
  TRY(check(revocation));
  const BatchPlan::Place place = plan_.add(revocation);
  TRY(join_entry(database_, revocation));
  return place;
}

Result<Position> Group::revoke_unrecorded(revocation::Revocation revocation) {
  TRY_ASSIGN(const BatchPlan::Place place, plan(revocation));
  return place.position;
}

Result<Position> Group::revoke(revocation::Revocation revocation, std::string_view actor,
                               std::string_view note) {
  TRY_ASSIGN(const BatchPlan::Place place, plan(revocation));
  TRY(insert_record(database_,
                    {.id = {},
                     .revocation = std::move(revocation),
                     .position = place.position,
                     .at = at_,
                     .actor = std::string(actor),
                     .note = std::string(note)},
                    place.ordinal));
  last_record_ = record_id(place.position, place.ordinal);
  return place.position;
}

Result<void> Group::set_rules(const revocation::Rules& wanted) {
  TRY_ASSIGN(const revocation::Rules rules, canonical(wanted));
  TRY_ASSIGN(const auto before, read_rules(database_));
  const auto alive = [this](std::string_view issuer, std::string_view claim) {
    return may_be_alive(database_, issuer, claim, head_.purge_time);
  };
  TRY(revocation::check_successor(*before, rules, alive));
  if (*before == rules) return {};
  const Position position = plan_.add(std::make_shared<const revocation::Rules>(rules));
  return put_rules(database_, rules, position.number);
}

Result<void> Group::raise_bounds(const IssuanceBounds& at_least) {
  const StoredBounds after = raised(head_.bounds, at_least);
  if (after == head_.bounds) return {};
  TRY(set_bounds(database_, after));
  head_.bounds = after;
  return {};
}

Result<void> Group::record(const PlannedBatch& planned, const feed::Sealed& sealed,
                           const Digest& previous) {
  TRY(insert_batch(database_, sealed, at_));
  if (planned.kind == feed::Kind::kTerm) {
    return insert_term(
        database_,
        {.term = sealed.position.term, .first = sealed.position.number, .previous = previous});
  }
  if (planned.kind == feed::Kind::kKeys) {
    return insert_announcement(
        database_, {.number = sealed.position.number, .jws = sealed.jws, .keys = planned.keys});
  }
  return {};
}

Result<HeadRow> Group::seal(const jwt::SigningKey& key) {
  HeadRow head = head_;
  const std::vector<PlannedBatch>& planned = plan_.batches();
  for (std::size_t i = 0; i < planned.size(); ++i) {
    const bool is_last = i + 1 == planned.size();
    const feed::Batch batch{.kind = planned[i].kind,
                            .wants_receipt = wants_receipts_ && is_last,
                            .issuer = head_.issuer,
                            .feed = head_.feed,
                            .position = plan_.position(i),
                            .at = at_,
                            .previous = head.hash,
                            .revocations = planned[i].revocations,
                            .rules = planned[i].rules,
                            .keys = planned[i].keys};
    TRY_ASSIGN(const feed::Sealed sealed, feed::seal(batch, key));
    // What followers cannot read would stop them all, for good.
    TRY(feed::read_word(sealed.jws));
    TRY(record(planned[i], sealed, head.hash));
    head.position = sealed.position;
    head.hash = sealed.hash;
    head.at = at_;
  }
  if (!planned.empty()) TRY(move_head(database_, head.position, head.hash, head.at));
  return head;
}

}  // namespace rescind::store

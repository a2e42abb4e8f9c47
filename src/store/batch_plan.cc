#include "store/batch_plan.h"

#include "base/check.h"
#include "base/json.h"

namespace rescind::store {
namespace {

std::size_t json_size(std::string_view text) {
  json::Writer writer;
  writer.value(text);
  return writer.text().size();
}

std::size_t digits(std::uint64_t number) { return std::to_string(number).size(); }

// Of one entry's JSON, with the comma after it. `cut` is the greatest that it may be given.
std::size_t size_of(const revocation::Revocation& revocation, std::string_view own_issuer,
                    Position cut) {
  constexpr std::string_view kFrame = R"({"claim":,"value":,"until":,"reason":""},)";
  constexpr std::string_view kIssuer = R"("iss":,)";
  constexpr std::string_view kCut = R"(,"cut":"")";
  std::size_t size = kFrame.size() + json_size(revocation.target.claim) +
                     json_size(revocation::to_string(revocation.target.value)) +
                     digits(revocation.until) + to_string(revocation.reason).size();
  if (revocation.target.issuer != own_issuer) {
    size += kIssuer.size() + json_size(revocation.target.issuer);
  }
  if (revocation::has_cut(revocation.target.claim)) {
    size += kCut.size() + revocation::to_string(revocation.cut.value_or(cut)).size();
  }
  return size;
}

}  // namespace

Position BatchPlan::open(feed::Kind kind) {
  batches_.push_back({.kind = kind});
  return position(batches_.size() - 1);
}

Position BatchPlan::begin_term(std::uint64_t term) {
  CHECK(batches_.empty() && term > head_.term);
  head_.term = term;
  return open(feed::Kind::kTerm);
}

bool BatchPlan::has_room(std::size_t bytes) const {
  if (batches_.empty() || batches_.back().kind != feed::Kind::kRevocations) return false;
  const PlannedBatch& last = batches_.back();
  return last.revocations.size() < feed::kMaxBatchEntries && last.bytes + bytes <= kMaxPlannedBytes;
}

BatchPlan::Place BatchPlan::add(revocation::Revocation& revocation) {
  const std::size_t bytes = size_of(revocation, issuer_, position(batches_.size()));
  if (!has_room(bytes)) open(feed::Kind::kRevocations);
  PlannedBatch& batch = batches_.back();
  const Place place{position(batches_.size() - 1), batch.revocations.size()};
  if (!revocation.cut && revocation::has_cut(revocation.target.claim)) {
    revocation.cut = place.position;
  }
  batch.revocations.push_back(revocation);
  batch.bytes += bytes;
  return place;
}

Position BatchPlan::add(std::shared_ptr<const revocation::Rules> rules) {
  const Position position = open(feed::Kind::kRules);
  batches_.back().rules = std::move(rules);
  return position;
}

Position BatchPlan::add(std::vector<std::string> keys) {
  const Position position = open(feed::Kind::kKeys);
  batches_.back().keys = std::move(keys);
  return position;
}

BatchPlan::Mark BatchPlan::mark() const {
  if (batches_.empty()) return {};
  return {batches_.size(), batches_.back().revocations.size(), batches_.back().bytes};
}

void BatchPlan::roll_back(const Mark& mark) {
  batches_.resize(mark.batches);
  if (batches_.empty()) return;
  batches_.back().revocations.resize(mark.entries);
  batches_.back().bytes = mark.bytes;
}

}  // namespace rescind::store

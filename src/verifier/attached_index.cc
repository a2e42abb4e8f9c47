#include "verifier/attached_index.h"

namespace rescind::verifier {

void AttachedIndex::replace(std::shared_ptr<const revocation::IndexView> view) {
  reader_ = revocation::Index::Reader(std::move(view));
  // Versions and generations of one region say nothing of another's.
  rules_generation_ = reader_.rules_generation();
  ++rules_epoch_;
}

std::uint32_t AttachedIndex::rules_epoch() {
  const std::uint64_t generation = reader_.rules_generation();
  if (generation != rules_generation_) {
    rules_generation_ = generation;
    ++rules_epoch_;
  }
  return rules_epoch_;
}

const revocation::IssuerRules* AttachedIndex::rules_of(std::string_view issuer) const {
  const auto& rules = reader_.rules();
  return rules ? rules->find(issuer) : nullptr;
}

Milliseconds AttachedIndex::staleness(Now now) const {
  const revocation::FeedState state = reader_.state();
  if (!state.ready || !state.can_follow) return Milliseconds::max();
  return state.freshness.staleness(now, max_clock_skew_);
}

}  // namespace rescind::verifier

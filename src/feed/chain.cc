#include "feed/chain.h"

#include "feed/keys.h"

namespace rescind::feed {

bool follows(const Batch& batch, const Place& place) {
  if (batch.position.number != place.position.number + 1 || batch.previous != place.head) {
    return false;
  }
  if (place.position.number == 0) return batch.position.term > 0;
  return batch.kind == Kind::kTerm ? batch.position.term > place.position.term
                                   : batch.position.term == place.position.term;
}

std::size_t vouched(std::span<const Received> run, const Place& place, const jwt::KeySet& keys) {
  Place at = place;
  std::size_t count = 0;
  while (count < run.size() && follows(run[count].batch, at)) {
    at = {.position = run[count].batch.position, .head = run[count].hash};
    if (run[count++].batch.kind == Kind::kKeys) break;
  }
  if (count == 0) return 0;
  const Received& last = run[count - 1];
  return signed_by(last.jws, last.key_id, keys) ? count : 0;
}

Chain::Fit Chain::fit(const Batch& batch, const Digest& hash) const {
  if (follows(batch, place_)) return Fit::kNext;
  if (batch.position.number == place_.position.number + 1) return Fit::kForeign;
  return fit(Place{.position = batch.position, .head = hash});
}

Chain::Fit Chain::fit(const Place& head) const {
  if (head.position == place_.position) {
    return head.head == place_.head ? Fit::kKnown : Fit::kForeign;
  }
  if (contains(terms_, place_.position, head.position)) return Fit::kKnown;
  const bool ahead =
      head.position > place_.position && head.position.number > place_.position.number;
  return ahead ? Fit::kAhead : Fit::kForeign;
}

void Chain::advance(const Received& next) {
  const Batch& batch = next.batch;
  if (batch.kind == Kind::kTerm || place_.position.number == 0) {
    terms_.push_back(
        {.term = batch.position.term, .first = batch.position.number, .previous = batch.previous});
  }
  if (batch.kind == Kind::kRules) rules_ = batch.rules;
  if (batch.kind == Kind::kKeys) {
    announcements_.push_back(next.jws);
    if (auto keys = key_set_of(batch.keys)) keys_ = *std::move(keys);
  }
  place_ = {.position = batch.position, .head = next.hash};
  proof_ = next.jws;
}

void Chain::adopt(const Manifest& manifest, std::string proof) {
  place_ = {.position = manifest.position, .head = manifest.head};
  terms_ = manifest.terms;
  rules_ = manifest.rules;
  announcements_ = manifest.announcements;
  proof_ = std::move(proof);
}

Manifest Chain::manifest() const {
  Manifest manifest;
  manifest.position = place_.position;
  manifest.head = place_.head;
  manifest.terms = terms_;
  manifest.rules = rules_;
  manifest.keys = jwks_of(*keys_);
  manifest.announcements = announcements_;
  return manifest;
}

}  // namespace rescind::feed

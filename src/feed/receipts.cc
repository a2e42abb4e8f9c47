#include "feed/receipts.h"

namespace rescind::feed {

void Receipts::applied(bool at_once) {
  news_ = true;
  at_once_ = at_once_ || at_once;
}

void Receipts::show(const Place& place, std::string proof) {
  proof_ = {.place = place, .proof = std::move(proof)};
  at_once_ = true;
}

void Receipts::answered(bool taken) {
  asking_ = false;
  if (taken && proof_sent_) proof_.reset();
  if (!taken) news_ = true;
  proof_sent_ = false;
}

Report Receipts::report_of(const Place& place) const {
  const Place& told = proof_ ? proof_->place : place;
  return {.follower = options_.follower,
          .applied = told.position,
          .hash = told.head,
          .policy = options_.policy,
          .proof = proof_ ? std::optional(proof_->proof) : std::nullopt};
}

BootTime Receipts::due() const {
  if (at_once_ || !last_) return BootTime::min();
  return *last_ + options_.every * (news_ || proof_ ? 1 : kQuietIntervals);
}

BootTime Receipts::step(BootTime now, const Place& place) {
  if (asking_ || (place.position.number == 0 && !proof_)) return BootTime::max();
  if (now < due()) return due();
  at_once_ = false;
  proof_sent_ = proof_.has_value();
  news_ = proof_sent_;  // our own place is still to be told
  last_ = now;
  asking_ = true;
  upstream_.report(report_of(place));
  return BootTime::max();
}

}  // namespace rescind::feed

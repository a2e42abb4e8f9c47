#include "feed/receipts.h"

namespace rescind::feed {

void Receipts::applied(bool at_once, std::string_view road, BootTime now) {
  news_ = true;
  at_once_ = at_once_ || at_once;
  road_ = road;
  applied_at_.reset();
  if (!road.empty()) applied_at_ = now;
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

Report Receipts::report_of(const Place& place, BootTime now) const {
  Report report{.follower = options_.follower,
                .applied = place.position,
                .hash = place.head,
                .policy = options_.policy,
                .road = road_,
                .age = std::nullopt,
                .proof = std::nullopt};
  if (news_ && applied_at_) {
    report.age = std::chrono::duration_cast<std::chrono::microseconds>(now - *applied_at_);
  }
  if (proof_) {
    report.applied = proof_->place.position;
    report.hash = proof_->place.head;
    report.proof = proof_->proof;
    report.road.clear();
    report.age.reset();
  }
  return report;
}

BootTime Receipts::due() const {
  if (at_once_ || !last_) return BootTime::min();
  return *last_ + options_.every * (news_ || proof_ ? 1 : kQuietIntervals);
}

BootTime Receipts::step(BootTime now, const Place& place) {
  if (asking_ || (place.position.number == 0 && !proof_)) return BootTime::max();
  if (now < due()) return due();
  const Report report = report_of(place, now);
  at_once_ = false;
  proof_sent_ = proof_.has_value();
  news_ = proof_sent_;  // our own place is still to be told
  last_ = now;
  asking_ = true;
  upstream_.report(report);
  return BootTime::max();
}

}  // namespace rescind::feed

#include "feed/early.h"

#include <utility>

namespace rescind::feed {

bool EarlyBatches::holds(const Batch& batch, const Digest& hash) const {
  const auto found = by_number_.find(batch.position.number);
  return found != by_number_.end() && found->second.hash == hash;
}

void EarlyBatches::forget(std::map<std::uint64_t, Received>::iterator one) {
  bytes_ -= one->second.jws.size();
  by_number_.erase(one);
}

void EarlyBatches::keep(Received early) {
  const std::uint64_t number = early.batch.position.number;
  if (const auto other = by_number_.find(number); other != by_number_.end()) {
    // Of two branches the later term is the living one.
    if (other->second.batch.position.term >= early.batch.position.term) return;
    forget(other);
  }
  bytes_ += early.jws.size();
  by_number_.emplace(number, std::move(early));
  while (by_number_.size() > kMaxBatches || bytes_ > kMaxBytes) {
    forget(std::prev(by_number_.end()));
  }
}

std::optional<Received> EarlyBatches::take_next(const Place& place) {
  while (!by_number_.empty() && by_number_.begin()->first <= place.position.number) {
    forget(by_number_.begin());
  }
  const auto first = by_number_.begin();
  if (first == by_number_.end() || first->first != place.position.number + 1) return std::nullopt;
  Received next = std::move(first->second);
  bytes_ -= next.jws.size();
  by_number_.erase(first);
  if (!follows(next.batch, place)) return std::nullopt;
  return next;
}

}  // namespace rescind::feed

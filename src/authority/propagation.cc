#include "authority/propagation.h"

#include <algorithm>

namespace rescind::authority {

void CommitTimes::note(const store::Committer::Commit& commit, BootTime at) {
  while (!commits_.empty() &&
         (commits_.size() >= kMaxCommits || at - commits_.front().at > kKept)) {
    commits_.pop_front();
  }
  commits_.push_back({.before = commit.before,
                      .head = commit.head,
                      .at = at,
                      .wants_receipts = commit.wants_receipts});
}

std::vector<CommitTimes::Commit> CommitTimes::between(Position after, Position up_to) const {
  const auto begin = std::ranges::upper_bound(commits_, after, {}, &Commit::head);
  const auto end = std::ranges::upper_bound(commits_, up_to, {}, &Commit::head);
  if (begin >= end) return {};
  return {begin, end};
}

std::optional<BootTime> CommitTimes::first_after(Position position) const {
  const auto found = std::ranges::upper_bound(commits_, position, {}, &Commit::head);
  if (found == commits_.end()) return std::nullopt;
  // What came before the oldest that is known may have been missing for longer.
  if (found == commits_.begin() && found->before > position) return std::nullopt;
  return found->at;
}

void RecentDelays::add(std::chrono::nanoseconds delay, BootTime now) {
  if (measured_.size() == kMaxKept) measured_.pop_front();
  measured_.push_back({.at = now, .delay = delay});
}

RecentDelays::Summary RecentDelays::summary(BootTime now) const {
  std::vector<std::chrono::nanoseconds> delays;
  for (const Measured& one : measured_) {
    if (now - one.at <= kKept) delays.push_back(one.delay);
  }
  if (delays.empty()) return {};
  std::ranges::sort(delays);
  // The smallest that so many hundredths do not exceed.
  const auto quantile = [&delays](std::size_t hundredths) {
    return delays[(delays.size() * hundredths + 99) / 100 - 1];
  };
  return {.count = delays.size(), .p50 = quantile(50), .p99 = quantile(99)};
}

}  // namespace rescind::authority

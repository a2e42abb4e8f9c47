#include "gateway/forward_auth/behind.h"

#include <algorithm>
#include <vector>

namespace rescind::gateway {

std::optional<Position> wanted_position(const net::Request& request) {
  std::optional<Position> wanted;
  for (const net::Header& header : request.headers) {
    if (!net::equal_ignoring_case(header.name, "Revocation-Position")) continue;
    const auto position = revocation::parse_position(header.value);
    if (position && (!wanted || *position > *wanted)) wanted = position;
  }
  return wanted;
}

bool Behind::wait(std::string_view token, Position wanted, BootTime now, Then then) {
  if (wait_ <= Milliseconds(0) || waiting_.size() >= kMaxWaiting) return false;
  const auto of_one = std::ranges::count(waiting_, token, &Waiter::token);
  if (static_cast<std::size_t>(of_one) >= kMaxOfOne) return false;
  waiting_.push_back({.token = std::string(token),
                      .wanted = wanted,
                      .deadline = now + wait_,
                      .then = std::move(then)});
  return true;
}

BootTime Behind::step(Now now, Position reached) {
  std::vector<Then> over;
  std::erase_if(waiting_, [&](Waiter& waiter) {
    if (waiter.wanted > reached && now.boot < waiter.deadline) return false;
    over.push_back(std::move(waiter.then));
    return true;
  });
  for (const Then& then : over) then(now);
  // All wait for the same time, so the first is the next whose time is over.
  return waiting_.empty() ? BootTime::max() : waiting_.front().deadline;
}

}  // namespace rescind::gateway

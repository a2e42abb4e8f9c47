#include "authority/followers.h"

#include <algorithm>
#include <charconv>

#include "authority/limits.h"

namespace rescind::authority {
namespace {

constexpr std::chrono::hours kForgetAfter{1};
constexpr Milliseconds kStep{1000};
// A word may have been under way when the follower spoke last.
constexpr Milliseconds kUnderWay{2000};

}  // namespace

FollowerPolicy parse_policy(std::string_view text) {
  constexpr std::string_view kRefuse = "refuse ";
  if (!text.starts_with(kRefuse)) return {};
  text.remove_prefix(kRefuse.size());
  std::uint32_t ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return {.refuses = true, .max_staleness = Milliseconds(ms)};
}

Result<void> Followers::check(const feed::Report& report) {
  if (report.follower.empty() || report.follower.size() > kMaxClientIdBytes ||
      report.policy.size() > kMaxPolicyBytes) {
    return fail(ErrorCode::kInvalid, "a follower's name or policy is too long");
  }
  TRY_ASSIGN(const feed::Head head, log_.head());
  const auto forged = [] {
    return fail(ErrorCode::kInvalid, "the hash is not that of the batch at this position");
  };
  if (report.applied == head.position) {
    if (report.hash != head.hash) return forged();
    return {};
  }
  // The next batch names the hash of the one before it.
  TRY_ASSIGN(const auto next, log_.read_after(report.applied, 1));
  if (next.empty()) return fail(ErrorCode::kConflict, "no position of this feed");
  TRY_ASSIGN(const feed::Word word, feed::read_word(next.front().jws));
  const auto* batch = std::get_if<feed::Batch>(&word.content);
  if (batch == nullptr || batch->previous != report.hash) return forged();
  return {};
}

Result<void> Followers::receive(const feed::Report& report, Now now) {
  TRY(check(report));
  remember(report, now);
  answer_waiters(now.boot);
  return {};
}

void Followers::remember(const feed::Report& report, Now now) {
  auto found = followers_.find(report.follower);
  if (found == followers_.end()) {
    if (followers_.size() >= kMaxFollowers) {
      followers_.erase(std::ranges::min_element(
          followers_, {}, [](const auto& entry) { return entry.second.seen; }));
    }
    found = followers_.emplace(report.follower, Follower{}).first;
  }
  Follower& follower = found->second;
  for (const Waiter& waiter : waiters_) {
    const bool news = follower.position < waiter.position && report.applied >= waiter.position;
    if (news && observer_) observer_(now.boot - waiter.since);
  }
  follower.position = std::max(follower.position, report.applied);
  follower.policy = report.policy;
  follower.seen = now.boot;
  follower.seen_at = now.wall;
}

Followers::Propagation Followers::reach(Position position, BootTime now) const {
  Propagation propagation;
  for (const auto& [name, follower] : followers_) {
    Reach reach{.name = name, .policy = follower.policy, .position = follower.position};
    const FollowerPolicy policy = parse_policy(follower.policy);
    if (follower.position >= position) {
      reach.state = State::kApplied;
    } else if (policy.refuses && now - follower.seen > policy.max_staleness + kUnderWay) {
      reach.state = State::kRefusing;
    }
    if (reach.state == State::kMissing) propagation.complete = false;
    propagation.followers.push_back(std::move(reach));
  }
  return propagation;
}

void Followers::wait(Position position, BootTime deadline, Now now, Done<Propagation> done) {
  Propagation propagation = reach(position, now.boot);
  if (propagation.complete) return done(std::move(propagation));
  if (waiters_.size() >= kMaxWaiters) {
    return done(fail(ErrorCode::kExhausted, "too many wait for receipts"));
  }
  waiters_.push_back(
      {.position = position, .since = now.boot, .deadline = deadline, .done = std::move(done)});
}

void Followers::answer_waiters(BootTime now) {
  std::vector<std::pair<Done<Propagation>, Propagation>> answers;
  std::erase_if(waiters_, [&](Waiter& waiter) {
    Propagation propagation = reach(waiter.position, now);
    if (!propagation.complete && now < waiter.deadline) return false;
    answers.emplace_back(std::move(waiter.done), std::move(propagation));
    return true;
  });
  // Only now: whoever is answered may wait again.
  for (auto& [done, propagation] : answers) done(std::move(propagation));
}

BootTime Followers::next_deadline(BootTime now) const {
  BootTime next = now + kStep;
  for (const Waiter& waiter : waiters_) next = std::min(next, waiter.deadline);
  return next;
}

BootTime Followers::step(Now now) {
  std::erase_if(followers_,
                [&](const auto& entry) { return now.boot - entry.second.seen > kForgetAfter; });
  answer_waiters(now.boot);
  return next_deadline(now.boot);
}

}  // namespace rescind::authority

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
// With nothing new a follower speaks every ten seconds; who is silent for longer may be gone.
constexpr Milliseconds kAlive{30'000};

}  // namespace

FollowerPolicy parse_policy(std::string_view text) {
  using enum FollowerPolicy::WhenStale;
  const std::size_t space = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, space);
  const std::string_view bound = text.substr(std::min(space + 1, text.size()));
  std::uint32_t ms = 0;
  const auto [end, error] = std::from_chars(bound.data(), bound.data() + bound.size(), ms);
  if (error != std::errc{} || end != bound.data() + bound.size()) return {};
  for (const auto when_stale : {kAccept, kRefuse, kIntrospect}) {
    if (word == to_string(when_stale)) {
      return {.when_stale = when_stale, .max_staleness = Milliseconds(ms)};
    }
  }
  return {};
}

std::string_view to_string(FollowerPolicy::WhenStale when_stale) {
  switch (when_stale) {
    case FollowerPolicy::WhenStale::kAccept:
      return "accept";
    case FollowerPolicy::WhenStale::kRefuse:
      return "refuse";
    case FollowerPolicy::WhenStale::kIntrospect:
      return "introspect";
  }
  return "accept";
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
  } else {
    measure(found->second, report,
            now.boot);  // who is new here has not followed from there to here
  }
  Follower& follower = found->second;
  follower.position = std::max(follower.position, report.applied);
  follower.policy = report.policy;
  if (!report.road.empty()) follower.road = report.road;
  follower.seen = now.boot;
  follower.seen_at = now.wall;
}

void Followers::measure(Follower& follower, const feed::Report& report, BootTime now) {
  for (const CommitTimes::Commit& commit : commits_.between(follower.position, report.applied)) {
    // Without its age a receipt says when it was sent, which may be a second later; what was
    // applied before the one that it names was applied no later than that.
    const bool timely = commit.wants_receipts || (commit.head == report.applied && report.age);
    if (!timely) continue;
    const auto delay = now - report.age.value_or(std::chrono::microseconds(0)) - commit.at;
    if (delay < std::chrono::nanoseconds(0)) continue;  // no age that can be
    if (follower.measured.size() == kMeasuredKept) follower.measured.pop_front();
    follower.measured.push_back({.before = commit.before, .head = commit.head, .delay = delay});
    delays_.add(delay, now);
    if (observer_) observer_(report.road, delay);
  }
}

std::optional<Followers::State> Followers::given_up(const Follower& follower, BootTime now) {
  const FollowerPolicy policy = parse_policy(follower.policy);
  const Milliseconds bound = std::max(policy.max_staleness, kAlive);
  const bool is_bound = now - follower.seen > policy.max_staleness + kUnderWay;
  switch (policy.when_stale) {
    case FollowerPolicy::WhenStale::kRefuse:
      return is_bound ? std::optional(State::kRefusing) : std::nullopt;
    case FollowerPolicy::WhenStale::kIntrospect:
      return is_bound ? std::optional(State::kAsking) : std::nullopt;
    case FollowerPolicy::WhenStale::kAccept:
      break;
  }
  return now - follower.seen > bound + kUnderWay ? std::optional(State::kMissing) : std::nullopt;
}

std::string_view Followers::describe(const Follower& follower, Position head, BootTime now) {
  const auto state = given_up(follower, now);
  if (state == State::kRefusing) return "refusing";
  if (state == State::kAsking) return "asking";
  if (state) return "silent";
  return follower.position < head ? "behind" : "current";
}

Followers::Propagation Followers::reach(Position position, BootTime now) const {
  Propagation propagation{.followers = {}, .complete = !followers_.empty()};
  for (const auto& [name, follower] : followers_) {
    Reach reach{.name = name,
                .policy = follower.policy,
                .position = follower.position,
                .after = std::nullopt,
                .silent = std::chrono::duration_cast<Milliseconds>(now - follower.seen)};
    if (follower.position >= position) {
      reach.state = State::kApplied;
    } else {
      reach.state = given_up(follower, now).value_or(State::kMissing);
    }
    for (const Measured& measured : follower.measured) {
      if (measured.before < position && position <= measured.head) reach.after = measured.delay;
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
  waiters_.push_back({.position = position, .deadline = deadline, .done = std::move(done)});
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

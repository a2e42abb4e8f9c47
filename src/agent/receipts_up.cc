#include "agent/receipts_up.h"

#include <algorithm>

namespace rescind::agent {

ReceiptsUp::ReceiptsUp(Options options, feed::Origin& origin, std::function<void()> wake)
    : options_(options), origin_(origin), state_(std::make_shared<State>()) {
  state_->wake = std::move(wake);
}

void ReceiptsUp::take(feed::Report report, BootTime now, Done done) {
  if (report.proof) return pass_proof(report, std::move(done));
  auto place = state_->followers.find(report.follower);
  if (place == state_->followers.end()) {
    if (state_->followers.size() >= options_.followers) {
      return done(
          fail(ErrorCode::kExhausted, "this agent passes on receipts of no more followers"));
    }
    place = state_->followers.emplace(report.follower, Follower{}).first;
  }
  Follower& follower = place->second;
  const bool at_once = report.applied >= wanted_ && follower.told < wanted_;
  if (follower.has_news) state_->due.erase({follower.due, place->first});
  if (at_once) follower.due = std::min(follower.due, now);
  follower.newest = std::move(report);
  follower.seen = now;
  follower.has_news = true;
  if (!follower.asking) state_->due.emplace(follower.due, place->first);
  done({});
  if (state_->wake) state_->wake();
}

void ReceiptsUp::pass_proof(const feed::Report& report, Done done) {
  if (state_->proofs >= options_.proofs_under_way) {
    return done(fail(ErrorCode::kExhausted, "too many proofs are being passed on, show it again"));
  }
  ++state_->proofs;
  origin_.report(report, [weak = std::weak_ptr(state_), done = std::move(done)](auto answer) {
    if (const auto alive = weak.lock()) --alive->proofs;
    done(std::move(answer));
  });
}

void ReceiptsUp::send(Follower& follower, BootTime now) {
  follower.has_news = false;
  follower.asking = true;
  follower.told = follower.newest.applied;
  follower.due = now + options_.every;
  ++state_->under_way;
  feed::Report report = follower.newest;
  if (report.age) {  // it has waited for its turn here, too
    *report.age += std::chrono::duration_cast<std::chrono::microseconds>(now - follower.seen);
  }
  origin_.report(report, [weak = std::weak_ptr(state_),
                          name = follower.newest.follower](const Result<void>& answer) {
    if (const auto alive = weak.lock()) answered(*alive, name, answer);
  });
}

void ReceiptsUp::answered(State& state, const std::string& name, const Result<void>& answer) {
  --state.under_way;
  const auto place = state.followers.find(name);
  if (place == state.followers.end()) return;
  Follower& follower = place->second;
  follower.asking = false;
  if (!answer) {
    // What could not be told is told again; what was refused is the follower's own affair.
    const ErrorCode code = answer.error().code;
    if (code == ErrorCode::kInvalid || code == ErrorCode::kConflict || code == ErrorCode::kGone) {
      ++state.refused;
    } else {
      follower.has_news = true;
    }
  }
  if (follower.has_news) state.due.emplace(follower.due, name);
  if (state.wake) state.wake();
}

void ReceiptsUp::forget_silent(BootTime now) {
  if (now < next_sweep_) return;
  next_sweep_ = now + options_.forget_after / 10;
  std::erase_if(state_->followers, [&](const auto& one) {
    const Follower& follower = one.second;
    if (follower.asking || now - follower.seen < options_.forget_after) return false;
    if (follower.has_news) state_->due.erase({follower.due, one.first});
    return true;
  });
}

BootTime ReceiptsUp::step(BootTime now) {
  forget_silent(now);
  while (!state_->due.empty() && state_->under_way < options_.under_way) {
    const auto& [due, name] = *state_->due.begin();
    if (due > now) return std::min(due, next_sweep_);
    const auto place = state_->followers.find(name);
    state_->due.erase(state_->due.begin());
    send(place->second, now);  // may be answered within
  }
  return next_sweep_;
}

}  // namespace rescind::agent

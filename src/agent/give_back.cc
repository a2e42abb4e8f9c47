#include "agent/give_back.h"

#include <utility>

namespace rescind::agent {

GiveBack::GiveBack(feed::Origin& origin, std::function<void()> wake)
    : origin_(origin), state_(std::make_shared<State>()) {
  state_->wake = std::move(wake);
}

void GiveBack::begin(std::vector<std::string> lost, BootTime now) {
  if (lost.empty()) return;
  state_->lost = std::move(lost);
  state_->left = state_->lost.size();
  state_->due = now;
  state_->until = now + kAtMost;
  if (state_->wake) state_->wake();
}

void GiveBack::pass_on(const std::vector<std::string>& words,
                       std::function<void(Result<bool>)> done) {
  if (state_->passed_on >= kPassedOn) {
    return done(fail(ErrorCode::kExhausted, "lost batches of others are being passed on"));
  }
  ++state_->passed_on;
  origin_.give_back(words, [weak = std::weak_ptr(state_), done = std::move(done)](auto answer) {
    if (const auto alive = weak.lock()) --alive->passed_on;
    done(std::move(answer));
  });
}

std::vector<std::string> GiveBack::next_run() {
  std::vector<std::string> run;
  std::size_t bytes = 0;
  while (state_->left > 0 && run.size() < kWordsAtOnce) {
    const std::string& jws = state_->lost[state_->left - 1];
    bytes += jws.size();
    if (bytes > kBytesAtOnce && !run.empty()) break;
    run.push_back(jws);
    --state_->left;
  }
  return run;
}

BootTime GiveBack::step(BootTime now) {
  State& state = *state_;
  if (state.lost.empty() || state.asking) return BootTime::max();
  if (now >= state.until) {
    state.lost.clear();
    return BootTime::max();
  }
  if (now < state.due) return state.due;
  state.asking = true;
  origin_.give_back(next_run(), [weak = std::weak_ptr(state_), now](const Result<bool>& more) {
    const auto alive = weak.lock();
    if (!alive) return;
    alive->asking = false;
    if (more && !*more) {
      alive->lost.clear();
    } else if (!more || alive->left == 0) {
      alive->left = alive->lost.size();
      alive->due = now + kAgain;
    }
    if (alive->wake) alive->wake();
  });
  return BootTime::max();
}

}  // namespace rescind::agent

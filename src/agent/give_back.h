#pragma once
// Batches that the authority has lost, on their way back to it: those that this agent still has,
// newest first (each vouches for the one before it), again and again until the authority says that
// it needs no more; and those of agents below. Steppable; one thread. The origin outlives it, but
// for what is under way.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "feed/ports.h"

namespace rescind::agent {

class GiveBack {
 public:
  static constexpr std::size_t kWordsAtOnce = 256;
  static constexpr std::size_t kBytesAtOnce = std::size_t{1} << 20U;  // or one batch
  static constexpr Milliseconds kAgain{500};
  static constexpr Milliseconds kAtMost{60'000};
  static constexpr std::size_t kPassedOn = 8;  // under way, of agents below

  GiveBack(feed::Origin& origin, std::function<void()> wake);

  // Oldest first; nothing to do where there is none.
  void begin(std::vector<std::string> lost, BootTime now);
  // kExhausted past the limit.
  void pass_on(const std::vector<std::string>& words, std::function<void(Result<bool>)> done);
  BootTime step(BootTime now);
  bool under_way() const { return !state_->lost.empty(); }

 private:
  struct State {
    std::vector<std::string> lost;
    std::size_t left = 0;  // of those, from the first, that were not sent in this round
    BootTime due{};
    BootTime until{};
    bool asking = false;
    std::size_t passed_on = 0;
    std::function<void()> wake;
  };
  std::vector<std::string> next_run();

  feed::Origin& origin_;
  std::shared_ptr<State> state_;
};

}  // namespace rescind::agent

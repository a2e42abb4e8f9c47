#pragma once
// Receipts of who follows an agent, on their way to the authority: each follower's newest under its
// own name, at most once per `every` (at once where a batch has asked for it), a bounded number
// under way. A plain receipt is answered as soon as it is taken, since a newer one will replace it;
// a proof of a lost history is passed on at once and answered with what upstream says, because who
// shows it shows it until it has been taken.
//
// Steppable; one thread. The origin outlives it, but for what is under way.

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "base/clock.h"
#include "feed/ports.h"

namespace rescind::agent {

class ReceiptsUp {
 public:
  struct Options {
    Milliseconds every{1000};
    std::size_t followers = 10'000;
    std::size_t under_way = 64;
    std::size_t proofs_under_way = 8;
    Milliseconds forget_after{600'000};
  };
  using Done = std::function<void(Result<void>)>;

  // `wake`: there is something to do before the deadline that step() returned.
  ReceiptsUp(Options options, feed::Origin& origin, std::function<void()> wake);

  // kExhausted: more followers, or proofs under way, than the limits.
  void take(feed::Report report, BootTime now, Done done);
  // Receipts of this position and beyond are wanted at once.
  void batch_wants_receipt(feed::Position position) { wanted_ = position; }
  BootTime step(BootTime now);

  std::size_t followers() const { return state_->followers.size(); }
  std::uint64_t refused() const { return state_->refused; }  // by upstream

 private:
  struct Follower {
    feed::Report newest;
    feed::Position told;
    BootTime due{};
    BootTime seen{};
    bool has_news = false;
    bool asking = false;
  };
  struct State {
    std::map<std::string, Follower, std::less<>> followers;
    std::set<std::pair<BootTime, std::string>> due;  // who has news and is not being passed on
    std::size_t under_way = 0;
    std::size_t proofs = 0;
    std::uint64_t refused = 0;
    std::function<void()> wake;
  };
  void pass_proof(const feed::Report& report, Done done);
  void send(Follower& follower, BootTime now);
  static void answered(State& state, const std::string& name, const Result<void>& answer);
  void forget_silent(BootTime now);

  const Options options_;
  feed::Origin& origin_;
  std::shared_ptr<State> state_;
  feed::Position wanted_;
  BootTime next_sweep_{};
};

}  // namespace rescind::agent

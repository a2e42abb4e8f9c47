#pragma once
// Who follows, how far, and what it does when it hears nothing: from receipts, in memory (they come
// again within seconds). A receipt is checked against the log: a position that the log does not
// have, or another hash than its, is a forgery or a lost history, and changes nothing here.
//
// One thread, the loop's. At most kMaxFollowers are remembered; the one silent longest makes room.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "authority/core.h"
#include "feed/ports.h"

namespace rescind::authority {

// As a follower tells it: "refuse 30000" is "refuses what it cannot vouch for, 30 s after the last
// word". Whatever else stands there counts as accepting.
struct FollowerPolicy {
  bool refuses = false;
  Milliseconds max_staleness{0};
};
FollowerPolicy parse_policy(std::string_view text);

class Followers {
 public:
  struct Follower {
    Position position;
    std::string policy;
    BootTime seen{};
    WallTime seen_at{};
  };
  enum class State : std::uint8_t {
    kApplied,
    kRefusing,  // silent for longer than it would accept anything
    kMissing,
  };
  struct Reach {
    std::string name;
    std::string policy;
    Position position;
    State state = State::kMissing;
  };
  // Where a batch has got to. Complete: each follower has applied it or refuses by itself.
  struct Propagation {
    std::vector<Reach> followers;
    bool complete = true;
  };

  explicit Followers(feed::BatchLog& log) : log_(log) {}

  // kInvalid: a name or policy over its limit, or a hash that is not the log's; kConflict: no
  // position of this log (then the report's proof, if there is one, is for the committer); kGone:
  // so old that nobody can tell.
  Result<void> receive(const feed::Report& report, Now now);

  Propagation reach(Position position, BootTime now) const;
  // Answers when `position` has got everywhere, at the latest at `deadline`. kExhausted past
  // kMaxWaiters.
  void wait(Position position, BootTime deadline, Now now, Done<Propagation> done);

  // Answers who waits, forgets who has been silent for an hour.
  BootTime step(Now now);

  const std::map<std::string, Follower, std::less<>>& all() const { return followers_; }
  // Called with the time from the beginning of a wait to a follower's receipt of it.
  void on_propagated(std::function<void(std::chrono::nanoseconds)> observer) {
    observer_ = std::move(observer);
  }

 private:
  struct Waiter {
    Position position;
    BootTime since{};
    BootTime deadline{};
    Done<Propagation> done;
  };
  Result<void> check(const feed::Report& report);
  void remember(const feed::Report& report, Now now);
  void answer_waiters(BootTime now);
  BootTime next_deadline(BootTime now) const;

  feed::BatchLog& log_;
  std::map<std::string, Follower, std::less<>> followers_;
  std::vector<Waiter> waiters_;
  std::function<void(std::chrono::nanoseconds)> observer_;
};

}  // namespace rescind::authority

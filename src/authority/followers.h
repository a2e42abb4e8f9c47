#pragma once
// Who follows, how far, and what it does when it hears nothing: from receipts, in memory (they come
// again within seconds). A receipt is checked against the log: a position that the log does not
// have, or another hash than its, is a forgery or a lost history, and changes nothing here.
//
// Measured is the time from a commit of this process to when a follower had applied it: the
// receipt's arrival less the time for which the follower says it has waited to send it. So no two
// clocks are compared, and the receipt's own way is in it. Each receipt measures the batch that it
// names, and those before it that asked for receipts.
//
// One thread, the loop's. At most kMaxFollowers are remembered; the one silent longest makes room.

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "authority/core.h"
#include "authority/propagation.h"
#include "feed/ports.h"

namespace rescind::authority {

// As a follower tells it: "refuse 30000" is "refuses what it cannot vouch for, 30 s after the last
// word"; "introspect 30000", that it asks us of each token then; "accept 30000", that it goes on.
// Whatever else stands there counts as accepting.
struct FollowerPolicy {
  enum class WhenStale : std::uint8_t { kAccept, kRefuse, kIntrospect };
  WhenStale when_stale = WhenStale::kAccept;
  Milliseconds max_staleness{0};
};
std::string_view to_string(FollowerPolicy::WhenStale when_stale);
FollowerPolicy parse_policy(std::string_view text);

class Followers {
 public:
  static constexpr std::size_t kMeasuredKept = 16;  // of each follower

  struct Measured {
    Position before;  // of the commit
    Position head;
    std::chrono::nanoseconds delay{0};
  };
  struct Follower {
    Position position;
    std::string policy;
    std::string road;  // as in feed::Report
    BootTime seen{};
    WallTime seen_at{};
    std::deque<Measured> measured;  // the latest last
  };
  enum class State : std::uint8_t {
    kApplied,
    kRefusing,  // silent for longer than it would accept anything
    kAsking,    // silent for so long that it asks us of each token
    kMissing,
  };
  struct Reach {
    std::string name;
    std::string policy;
    Position position;
    State state = State::kMissing;
    std::optional<std::chrono::nanoseconds> after;  // the commit; where it was measured
    Milliseconds silent{0};
  };
  // Where a batch has got to. Complete: each follower has applied it, or by itself lets nobody in
  // whom it would refuse. Where none is known (none has reported since the start, or for an hour)
  // that says nothing, and so it is not complete.
  struct Propagation {
    std::vector<Reach> followers;
    bool complete = false;
  };

  explicit Followers(feed::BatchLog& log) : log_(log) {}

  // kInvalid: a name or policy over its limit, or a hash that is not the log's; kConflict: no
  // position of this log (then the report's proof, if there is one, is for the committer); kGone:
  // so old that nobody can tell.
  Result<void> receive(const feed::Report& report, Now now);

  // The batches of a commit are durable; `at`: when it was.
  void committed(const store::Committer::Commit& commit, BootTime at) { commits_.note(commit, at); }

  Propagation reach(Position position, BootTime now) const;
  // What a follower does that is not heard of any more, if it is so: kRefusing, kAsking, or
  // kMissing for one that goes on accepting.
  static std::optional<State> given_up(const Follower& follower, BootTime now);
  // For people and metrics: current, behind (`head`), refusing, asking, or silent, which is not
  // heard of and accepts.
  static std::string_view describe(const Follower& follower, Position head, BootTime now);
  // Since when a follower lacks something; nothing where it lacks nothing, or for too long.
  std::optional<BootTime> behind_since(const Follower& follower) const {
    return commits_.first_after(follower.position);
  }
  RecentDelays::Summary recent_delays(BootTime now) const { return delays_.summary(now); }
  // Answers when `position` has got everywhere, at the latest at `deadline`; while no follower is
  // known one is waited for. kExhausted past kMaxWaiters.
  void wait(Position position, BootTime deadline, Now now, Done<Propagation> done);

  // Answers who waits, forgets who has been silent for an hour.
  BootTime step(Now now);

  const std::map<std::string, Follower, std::less<>>& all() const { return followers_; }
  // Called with each measurement; `road` as in feed::Report, which is the follower's word.
  using Observer = std::function<void(std::string_view road, std::chrono::nanoseconds delay)>;
  void on_propagated(Observer observer) { observer_ = std::move(observer); }

 private:
  struct Waiter {
    Position position;
    BootTime deadline{};
    Done<Propagation> done;
  };
  Result<void> check(const feed::Report& report);
  void remember(const feed::Report& report, Now now);
  void measure(Follower& follower, const feed::Report& report, BootTime now);
  void answer_waiters(BootTime now);
  BootTime next_deadline(BootTime now) const;

  feed::BatchLog& log_;
  std::map<std::string, Follower, std::less<>> followers_;
  std::vector<Waiter> waiters_;
  CommitTimes commits_;
  RecentDelays delays_;
  Observer observer_;
};

}  // namespace rescind::authority

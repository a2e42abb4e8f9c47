#pragma once
// How long the way from a commit to its followers is: when the latest commits of this process were,
// and what was measured of late. Bounded; one thread, the loop's.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "store/committer.h"

namespace rescind::authority {

using store::Position;

// The commits of the last ten minutes, kMaxCommits of them at most. Those of other nodes are not
// known here, and so not measured here.
class CommitTimes {
 public:
  static constexpr std::size_t kMaxCommits = 4096;
  static constexpr std::chrono::minutes kKept{10};

  struct Commit {
    Position before;  // the batches after it, up to `head`
    Position head;
    BootTime at{};
    bool wants_receipts = false;

    bool carries(Position position) const { return before < position && position <= head; }
  };
  void note(const store::Committer::Commit& commit, BootTime at);
  // Those whose last batch is after `after` and not after `up_to`, in order.
  std::vector<Commit> between(Position after, Position up_to) const;
  // Of the first commit after that position: how long a follower that stands there is behind.
  std::optional<BootTime> first_after(Position position) const;

 private:
  std::deque<Commit> commits_;
};

// The last measurements, for a live view; the histogram has them all.
class RecentDelays {
 public:
  static constexpr std::size_t kMaxKept = 1024;
  static constexpr std::chrono::minutes kKept{10};

  struct Summary {
    std::size_t count = 0;
    std::chrono::nanoseconds p50{0};
    std::chrono::nanoseconds p99{0};
  };
  void add(std::chrono::nanoseconds delay, BootTime now);
  Summary summary(BootTime now) const;

 private:
  struct Measured {
    BootTime at{};
    std::chrono::nanoseconds delay{0};
  };
  std::deque<Measured> measured_;
};

}  // namespace rescind::authority

#pragma once
// Fills a ServedLog backward, from what upstream still has: after a restart, so that those who
// follow this agent find what they lack, and where a snapshot of upstream is older than the log's
// first batch. One thread; answers come on the origin's. What it is given outlives it, but for what
// is under way.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/served_log.h"
#include "feed/ports.h"

namespace rescind::agent {

class Backfill {
 public:
  using Then = std::function<void(Result<void>)>;

  // `max_bytes`: no more is fetched than this.
  Backfill(ServedLog& log, feed::Origin& origin, std::size_t max_bytes);

  // Until what comes after `from` can be read. One at a time: kExhausted while another is under
  // way. kGone, kConflict, kUnavailable as the origin says; kCorrupt: what it gave does not lead to
  // what is here (also where the log has leapt meanwhile).
  void reach(feed::Position from, Then then);
  bool under_way() const { return state_->asking; }

 private:
  struct State {
    ServedLog& log;
    feed::Origin& origin;
    std::size_t max_bytes;
    bool asking = false;
    std::vector<std::string> words{};
    std::size_t bytes = 0;
    Then then{};
  };
  static void ask(const std::shared_ptr<State>& state, feed::Position after);
  static void take(const std::shared_ptr<State>& state, Result<std::vector<std::string>> run);
  static void finish(State& state, Result<void> result);

  std::shared_ptr<State> state_;
};

}  // namespace rescind::agent

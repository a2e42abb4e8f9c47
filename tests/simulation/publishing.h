#pragma once
// The real publishers of one broker: of one node, or of two that share a lease, each of which may
// stop for a while without letting go of it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "feed/publisher.h"
#include "simulation/world.h"

namespace rescind::simulation {

class Publishing {
 public:
  struct Parts {
    World& world;
    const MachineClock& clock;
    feed::BatchLog& log;
    feed::Transport& broker;
    std::string name;
    bool has_lease = false;  // and with it two nodes
  };
  explicit Publishing(const Parts& parts);
  ~Publishing();

  // Each start begins where the broker was left.
  void start(const std::shared_ptr<const jwt::SigningKey>& key);
  void stop();
  void wake();
  // One of the nodes hangs.
  void pause_one_for(Milliseconds time);

 private:
  struct LeaseRow {
    std::uint64_t holder = 0;  // 0: nobody
    Time until{0};
    feed::Position published;
  };
  class NodeLease;
  struct Node;
  BootTime step(Node& node, Now now);

  Parts parts_;
  Dice dice_;
  NullLog null_log_;
  LeaseRow row_;
  std::uint64_t lives_ = 0;  // of nodes
  std::vector<std::unique_ptr<Node>> nodes_;
};

}  // namespace rescind::simulation

#pragma once
// A broker and a road from it to each follower, with all that goes wrong there. Of two kinds: one
// that tells its listeners and forgets, and one that keeps a log that is read in order.

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "feed/ports.h"
#include "simulation/faults.h"
#include "simulation/world.h"

namespace rescind::simulation {

class Broker final : public feed::Transport {
 public:
  using Hear = std::function<void(std::string_view jws)>;

  Broker(World& world, const Faults& faults, std::string name);

  const std::string& name() const { return name_; }
  void connect(const std::string& follower, Milliseconds slow_by, Hear hear);
  // It has started again.
  void reconnect(const std::string& follower);
  Result<void> publish(const feed::Sealed& batch) override;
  Result<void> publish_heartbeat(std::string_view jws) override;

  // Refuses for a while.
  void fail_for(Milliseconds time);
  // The follower's road keeps what comes, and delivers it all afterwards; or loses it.
  void hold_back(const std::string& follower, Milliseconds time);
  void cut(const std::string& follower, Milliseconds time);
  // Words of long ago come once more.
  void replay();
  // It takes words, and every road is open and fast.
  void heal();
  // Somebody else's words.
  void inject(const std::string& jws);
  // Of the log: all is gone, and its numbers begin anew; all but the last few words.
  void lose_data();
  void cut_retention();

 private:
  struct Road {
    Hear hear;
    Dice dice;
    Milliseconds slow_by{0};
    Time held_until{0};
    Time cut_until{0};
    Time busy_until{0};        // a slow follower is at the word before
    std::uint64_t cursor = 0;  // in the log: the next to be read
    bool reads = false;        // one is under way
  };
  Result<void> carry(std::string_view jws);
  void send(Road& road, std::string jws);
  void read_on(Road& road);
  void deliver(Road& road);
  bool spoilt(Road& road, std::string& jws);

  World& world_;
  const Faults& faults_;
  std::string name_;
  Dice dice_;
  std::map<std::string, Road> roads_;
  std::vector<std::string> past_;
  std::deque<std::string> log_;
  std::uint64_t log_begin_ = 0;  // the number of its first word
  Time failing_until_{0};
};

}  // namespace rescind::simulation

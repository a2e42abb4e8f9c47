#pragma once
// A host with a follower in the simulated world: the real follower and index, in a process that
// dies, pauses and starts again, with a disk that tears what is written and clocks that are wrong.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "feed/follower.h"
#include "revocation/index.h"
#include "simulation/faults.h"
#include "simulation/oracle.h"
#include "simulation/origin.h"
#include "simulation/plant.h"
#include "simulation/world.h"

namespace rescind::simulation {

class Host {
 public:
  struct Parts {
    World& world;
    const Faults& faults;
    Plant plant;
    Oracle& oracle;
    Authority& authority;
  };
  Host(const Parts& parts, std::string name);
  ~Host();

  void start() { start(true); }
  // Sometimes in an orderly manner, with a last checkpoint.
  void crash(bool orderly);
  bool up() const { return follower_ != nullptr; }
  void pause_for(Milliseconds time);
  void go_on();

  void hear(std::string_view jws);
  // Told when it starts, after this.
  void on_start(std::function<void()> observer) { on_start_ = std::move(observer); }
  // Decides on a token, and lets the oracle judge that.
  void check(const Token& token);

  Seen seen() const;
  DistantOrigin& origin() { return origin_; }
  MachineClock& clock() { return clock_; }
  const std::string& name() const { return name_; }

 private:
  class Disk;
  void start(bool is_new_life);
  BootTime step(Now now);
  void forget_everything();
  void after_step();
  bool is_paused() const { return parts_.world.now() < paused_until_; }
  Verdict decide(const Token& token) const;

  Parts parts_;
  std::string name_;
  Dice clock_dice_;
  Dice follower_dice_;
  MachineClock clock_;
  DistantOrigin origin_;
  NullLog log_;
  std::unique_ptr<Disk> disk_;
  std::unique_ptr<revocation::Index> index_;
  std::unique_ptr<feed::Follower> follower_;
  std::unique_ptr<Stepper> stepper_;
  std::vector<std::string> unheard_;  // while it pauses
  Time paused_until_{0};
  Time started_{0};
  bool was_ready_ = false;
  bool clock_was_wrong_ = false;
  std::uint64_t histories_lost_ = 0;
  std::function<void()> on_start_;
};

}  // namespace rescind::simulation

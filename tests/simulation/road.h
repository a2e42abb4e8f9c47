#pragma once
// What lies between the authority and its followers, with all that goes wrong there.

#include <functional>
#include <map>
#include <string>

#include "feed/ports.h"
#include "simulation/authority.h"
#include "simulation/faults.h"
#include "simulation/world.h"

namespace rescind::simulation {

// A broker and a road from it to each follower.
class Broker final : public feed::Transport {
 public:
  using Hear = std::function<void(std::string_view jws)>;

  Broker(World& world, Faults& faults) : world_(world), faults_(faults) {}

  void connect(std::string follower, Hear hear) {
    roads_[std::move(follower)].hear = std::move(hear);
  }
  Result<void> publish(const feed::Sealed& batch) override;
  Result<void> publish_heartbeat(std::string_view jws) override;

  // Refuses for a while.
  void fail_for(Milliseconds time);
  // The follower's road keeps what comes, and delivers it all afterwards.
  void hold_back(const std::string& follower, Milliseconds time);
  // Words of long ago come once more.
  void replay();

 private:
  struct Road {
    Hear hear;
    Time held_until{0};
  };
  Result<void> carry(std::string_view jws);
  void send(Road& road, std::string jws);

  World& world_;
  Faults& faults_;
  std::map<std::string, Road> roads_;
  std::vector<std::string> past_;
  Time failing_until_{0};
};

// A follower's way to the authority: questions and answers take their time, fail, or are cut off.
class DistantOrigin final : public feed::Origin {
 public:
  DistantOrigin(World& world, Faults& faults, Authority& authority)
      : world_(world), faults_(faults), authority_(authority) {}

  void cut_off_for(Milliseconds time) { cut_off_until_ = world_.now() + time; }

  void batches_after(feed::Position after, Then<std::vector<std::string>> then) override;
  void snapshot(Then<feed::Snapshot> then) override;
  void heartbeat(Then<std::string> then) override;
  void report(const feed::Report& report, Then<void> then) override;

 private:
  // Puts the question after a journey, and brings the answer back after another one.
  template <typename T>
  void travel(std::function<Result<T>()> ask, Then<T> then);

  World& world_;
  Faults& faults_;
  Authority& authority_;
  Time cut_off_until_{0};
};

}  // namespace rescind::simulation

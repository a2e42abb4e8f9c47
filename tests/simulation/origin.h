#pragma once
// A follower's way to the authority: questions and answers take their time, fail, or are cut off.

#include <functional>
#include <string>

#include "feed/ports.h"
#include "simulation/authority.h"
#include "simulation/faults.h"
#include "simulation/world.h"

namespace rescind::simulation {

class DistantOrigin final : public feed::Origin {
 public:
  DistantOrigin(World& world, const Faults& faults, Authority& authority, const std::string& host)
      : world_(world),
        faults_(faults),
        authority_(authority),
        dice_(world.dice(host + " asks")),
        long_dice_(world.dice(host + " asks for much")) {}

  void cut_off_for(Milliseconds time) { cut_off_until_ = world_.now() + time; }

  // Whether it has said what the head is since the host started.
  bool has_told() const { return has_told_; }
  void forget_told() { has_told_ = false; }

  void batches_after(feed::Position after, Then<std::vector<std::string>> then) override;
  void snapshot(Then<feed::Snapshot> then) override;
  void heartbeat(Then<std::string> then) override;
  void report(const feed::Report& report, Then<void> then) override;

 private:
  // Puts the question after a journey, and brings the answer back after another one.
  enum class Answer { kShort, kLong };
  template <typename T>
  void travel(Answer answer, std::function<Result<T>()> ask, Then<T> then);

  World& world_;
  const Faults& faults_;
  Authority& authority_;
  Dice dice_;
  Dice long_dice_;
  Time cut_off_until_{0};
  bool has_told_ = false;
};

}  // namespace rescind::simulation

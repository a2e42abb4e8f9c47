#pragma once
// The simulated world: one thread, one seed, one queue of events in virtual time. Events of the
// same instant come in an order that the seed draws. Nothing here or around it reads a clock of the
// machine, so the same seed gives the same run.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"

namespace rescind::simulation {

// Since the start of the world; by no machine's clock.
using Time = std::chrono::nanoseconds;

// One stream of random numbers. Each purpose of each part has its own, made from the seed and a
// name, so that what one part draws more or less of changes nothing for the others.
class Dice final : public Random {
 public:
  Dice(std::uint64_t seed, std::string_view purpose);

  void fill(std::span<std::uint8_t> out) override;
  bool chance(std::uint64_t per_mille) { return below(1000) < per_mille; }
  Milliseconds between(Milliseconds low, Milliseconds high);

 private:
  std::uint64_t state_;
};

class World {
 public:
  World(std::uint64_t seed, bool traced) : seed_(seed), ties_(seed, "ties"), traced_(traced) {}

  Time now() const { return now_; }
  void at(Time when, std::function<void()> what);
  void after(Time delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }
  void run_until(Time end);
  std::uint64_t events() const { return sequence_; }

  std::uint64_t seed() const { return seed_; }
  Dice dice(std::string_view purpose) const { return {seed_, purpose}; }

  // One line of the trace: printed where wanted, and always part of the digest, which is equal for
  // equal runs.
  void note(std::string_view who, std::string_view what);
  std::uint64_t trace_digest() const { return digest_; }

 private:
  struct Event {
    Time when;
    std::uint64_t tie;
    std::uint64_t sequence;
    std::function<void()> what;
  };
  static bool is_later(const Event& one, const Event& other);

  std::uint64_t seed_;
  Dice ties_;
  bool traced_;
  Time now_{0};
  std::uint64_t sequence_ = 0;
  std::uint64_t digest_ = 0xcbf29ce484222325U;
  std::vector<Event> events_;  // a heap, the next one first
};

// A machine's two clocks: the wall clock may be wrong and step, the boot-time clock drifts.
class MachineClock final : public Clock {
 public:
  MachineClock(const World& world, Milliseconds wall_skew, std::int64_t drift_ppm)
      : world_(world), wall_skew_(wall_skew), drift_ppm_(drift_ppm) {}

  Now now() const override;
  void step_wall(Milliseconds by) { wall_skew_ += by; }
  void set_right() { wall_skew_ = Milliseconds(0); }
  // When this machine's boot-time clock will show `boot`; never before now.
  Time when(BootTime boot) const;

 private:
  const World& world_;
  Milliseconds wall_skew_;
  std::int64_t drift_ppm_;
};

// Calls a steppable at its deadlines and when it is woken, until it is destroyed.
class Stepper {
 public:
  Stepper(World& world, const MachineClock& clock, std::function<BootTime(Now)> step)
      : world_(world), clock_(clock), step_(std::move(step)) {}

  void wake() { schedule(world_.now()); }

 private:
  void schedule(Time when);
  void run();

  World& world_;
  const MachineClock& clock_;
  std::function<BootTime(Now)> step_;
  Time due_ = Time::max();
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace rescind::simulation

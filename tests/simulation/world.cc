#include "simulation/world.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace rescind::simulation {
namespace {

constexpr WallTime kWallAtStart = wall_from_ms(1'800'000'000'000);
constexpr BootTime kBootAtStart{std::chrono::hours(1)};

}  // namespace

bool World::Event::operator<(const Event& other) const {
  return std::tie(other.when, other.tie, other.sequence) < std::tie(when, tie, sequence);
}

void World::at(Time when, std::function<void()> what) {
  events_.push({.when = std::max(when, now_),
                .tie = random_.next_u64(),
                .sequence = sequence_++,
                .what = std::make_shared<std::function<void()>>(std::move(what))});
}

void World::run_until(Time end) {
  while (!events_.empty() && events_.top().when <= end) {
    const Event next = events_.top();
    events_.pop();
    now_ = next.when;
    (*next.what)();
  }
  now_ = end;
}

Milliseconds World::between(Milliseconds low, Milliseconds high) {
  const auto span = static_cast<std::uint64_t>((high - low).count());
  return low + Milliseconds(static_cast<std::int64_t>(random_.below(span + 1)));
}

void World::note(std::string_view who, std::string_view what) {
  const auto ms = std::chrono::floor<Milliseconds>(now_).count();
  const std::string line =
      std::to_string(ms) + " " + std::string(who) + ": " + std::string(what) + "\n";
  for (const char c : line) {
    digest_ = (digest_ ^ static_cast<std::uint8_t>(c)) * 0x100000001b3U;  // FNV-1a
  }
  if (traced_) std::fputs(line.c_str(), stdout);
}

Now MachineClock::now() const {
  const Time time = world_.now();
  return {.wall = kWallAtStart + std::chrono::floor<Milliseconds>(time) + wall_skew_,
          .boot = kBootAtStart + time + time * drift_ppm_ / 1'000'000};
}

Time MachineClock::when(BootTime boot) const {
  const Time shown = boot - kBootAtStart;
  // A little late rather than early, so that what is due then is due.
  const Time time = shown - shown / 1'000'000 * drift_ppm_ + std::chrono::microseconds(5);
  return std::max(time, world_.now());
}

void Stepper::schedule(Time when) {
  if (when >= due_) return;
  due_ = when;
  world_.at(when, [this, when, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.expired() || when != due_) return;
    run();
  });
}

void Stepper::run() {
  due_ = Time::max();
  const BootTime next = step_(clock_.now());
  if (next != BootTime::max()) schedule(clock_.when(next));
}

}  // namespace rescind::simulation

#include "simulation/world.h"

#include <algorithm>
#include <cstdio>
#include <tuple>
#include <utility>

namespace rescind::simulation {
namespace {

constexpr WallTime kWallAtStart = wall_from_ms(1'800'000'000'000);
constexpr BootTime kBootAtStart{std::chrono::hours(1)};
constexpr std::uint64_t kFnvPrime = 0x100000001b3U;

constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15U;

// Every bit into every other (SplitMix64).
std::uint64_t mixed(std::uint64_t z) {
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

}  // namespace

// Mixed, so that names that differ in one letter give streams that have nothing in common.
Dice::Dice(std::uint64_t seed, std::string_view purpose) : state_(0xcbf29ce484222325U) {
  for (const char c : purpose) state_ = (state_ ^ static_cast<std::uint8_t>(c)) * kFnvPrime;
  state_ = mixed(state_ + seed * kStep);
}

void Dice::fill(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    state_ += kStep;
    std::uint64_t word = mixed(state_);
    const std::size_t size = std::min<std::size_t>(out.size(), sizeof(word));
    for (std::size_t i = 0; i < size; ++i, word >>= 8U) out[i] = static_cast<std::uint8_t>(word);
    out = out.subspan(size);
  }
}

Milliseconds Dice::between(Milliseconds low, Milliseconds high) {
  const auto span = static_cast<std::uint64_t>((high - low).count());
  return low + Milliseconds(static_cast<std::int64_t>(below(span + 1)));
}

bool World::is_later(const Event& one, const Event& other) {
  return std::tie(one.when, one.tie, one.sequence) >
         std::tie(other.when, other.tie, other.sequence);
}

void World::at(Time when, std::function<void()> what) {
  events_.push_back({.when = std::max(when, now_),
                     .tie = ties_.next_u64(),
                     .sequence = sequence_++,
                     .what = std::move(what)});
  std::ranges::push_heap(events_, is_later);
}

void World::run_until(Time end) {
  while (!events_.empty() && events_.front().when <= end) {
    std::ranges::pop_heap(events_, is_later);
    const Event next = std::move(events_.back());
    events_.pop_back();
    now_ = next.when;
    next.what();
  }
  now_ = end;
}

void World::note(std::string_view who, std::string_view what) {
  const auto ms = std::chrono::floor<Milliseconds>(now_).count();
  const std::string line =
      std::to_string(ms) + " " + std::string(who) + ": " + std::string(what) + "\n";
  for (const char c : line) {
    digest_ = (digest_ ^ static_cast<std::uint8_t>(c)) * kFnvPrime;
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

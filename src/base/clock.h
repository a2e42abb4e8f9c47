#pragma once
// Time as types. Two clocks matter: the wall clock, which tokens speak of and which may step, and
// the boot-time clock (CLOCK_BOOTTIME), which only goes forward and goes on while the machine
// sleeps.
//
// Steppable code never reads a clock; it is handed `Now`. Only owners of threads hold a `Clock`.
// `SystemClock` is thread-safe. `ManualClock` (tests, simulator) is one thread.

#include <chrono>
#include <cstdint>

namespace rescind {

using Milliseconds = std::chrono::milliseconds;

struct WallTag {};
struct BootTag {};

// Milliseconds since 1970-01-01T00:00:00Z.
using WallTime = std::chrono::time_point<WallTag, std::chrono::milliseconds>;
// Nanoseconds since boot; comparable within one boot of one machine only.
using BootTime = std::chrono::time_point<BootTag, std::chrono::nanoseconds>;

constexpr WallTime wall_from_ms(std::int64_t ms) { return WallTime(Milliseconds(ms)); }
constexpr WallTime wall_from_seconds(std::int64_t s) { return WallTime(std::chrono::seconds(s)); }
constexpr std::int64_t to_ms(WallTime t) { return t.time_since_epoch().count(); }
// Whole seconds, rounded down.
constexpr std::int64_t to_seconds(WallTime t) {
  return std::chrono::floor<std::chrono::seconds>(t.time_since_epoch()).count();
}

struct Now {
  WallTime wall;
  BootTime boot;
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Now now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Now now() const override;
};

class ManualClock final : public Clock {
 public:
  explicit ManualClock(Now start) : now_(start) {}
  Now now() const override { return now_; }
  // Both clocks go forward together.
  void advance(std::chrono::nanoseconds by);
  // Only the wall clock moves, as when an operator or NTP sets it.
  void step_wall(Milliseconds by) { now_.wall += by; }

 private:
  Now now_;
  std::chrono::nanoseconds rest_{0};  // what is less than the wall clock's millisecond
};

}  // namespace rescind

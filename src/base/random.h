#pragma once
// Where random bytes come from. Steppable code is handed a `Random`, so that a simulator's seed
// decides; everything that makes secrets is wired to `SystemRandom`.

#include <cstdint>
#include <span>
#include <string>

namespace rescind {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;

  std::uint64_t next_u64();
  // Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound);
  // `size` random bytes as lower-case hex.
  std::string hex(std::size_t size);
};

// The kernel's generator (getrandom). Thread-safe.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

// SplitMix64: the same on every machine and compiler. For simulation and tests; predictable, never
// for secrets. One thread.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::uint8_t> out) override;

 private:
  std::uint64_t step();
  std::uint64_t state_;
};

}  // namespace rescind

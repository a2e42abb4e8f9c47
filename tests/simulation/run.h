#pragma once
// One run of the simulated world: users sign in, sessions and users are revoked, hosts decide on
// tokens, and what the seed has drawn goes wrong for twenty seconds; then all is healed, and twelve
// seconds later everybody has to agree.

#include <cstdint>
#include <string>
#include <vector>

#include "simulation/plant.h"

namespace rescind::simulation {

struct Outcome {
  std::vector<std::string> violations;
  std::uint64_t decisions = 0;
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::uint64_t events = 0;
  std::uint64_t trace_digest = 0;
};

struct RunOptions {
  std::uint64_t seed = 1;
  Plant plant = Plant::kNone;
  bool traced = false;
  // What is real of the store and the signatures: by the seed (of a hundred, one has the one and
  // another the other), nothing, the store, both.
  enum class Real { kDrawn, kNothing, kStore, kBoth } real = Real::kDrawn;
  std::string folder;  // for databases
};

Outcome run(const RunOptions& options);

}  // namespace rescind::simulation

#pragma once
// Keys as benchmarks need them: as uniform as SHA-256 makes them, and told by their number.

#include <cstddef>
#include <cstdint>

#include "revocation/target.h"

namespace rescind::revocation {

inline Key key_number(std::uint64_t n) {
  const auto mix = [](std::uint64_t z) {
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  };
  return {mix(n * 2 + 1), mix(n * 2 + 2)};
}

struct KeyHash {
  using is_avalanching = void;
  std::size_t operator()(const Key& key) const { return key.high ^ key.low; }
};

}  // namespace rescind::revocation

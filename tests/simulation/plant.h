#pragma once
// Bugs that are planted to see whether the oracle finds them (docs/simulation.md): those in what
// the simulator itself stands in for. Those in the product are in plants.py.

#include <cstdint>
#include <string_view>

namespace rescind::simulation {

enum class Plant : std::uint8_t {
  kNone,
  kStampAfterTheFact,       // a token's stamp is read when it is minted, not before
  kHeadBeforeTime,          // a heartbeat's `at` is read after its head
  kAcknowledgedTooEarly,    // a revocation is acknowledged before its commit
  kForgottenTooEarly,       // `until` leaves out the leeway
  kSnapshotAheadOfEntries,  // the manifest is newer than its segments
  kClearedOnResync,         // a lost history is answered by starting from nothing
};

// By the number on the command line; empty: no such bug.
constexpr std::string_view name_of(Plant plant) {
  constexpr std::string_view kNames[] = {"none",
                                         "stamp after the fact",
                                         "head before time",
                                         "acknowledged too early",
                                         "forgotten too early",
                                         "snapshot ahead of entries",
                                         "cleared on resync"};
  const auto number = static_cast<std::size_t>(plant);
  return number < std::size(kNames) ? kNames[number] : std::string_view();
}

}  // namespace rescind::simulation

#pragma once
// What goes wrong in a run: a random subset of all faults, drawn from the seed; and bugs that are
// planted to see whether the oracle finds them (docs/simulation.md).

#include <cstdint>
#include <string_view>

#include "simulation/world.h"

namespace rescind::simulation {

struct Faults {
  // Roads, per mille of the words.
  std::uint64_t drop = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t late = 0;
  Milliseconds usual_delay{5};
  Milliseconds late_by{1000};
  std::uint64_t damage = 0;   // a flipped bit
  bool broker_fails = false;  // the broker refuses for a while
  bool words_are_replayed = false;
  bool roads_hold_back = false;      // a road keeps everything for a while, then delivers it all
  std::uint64_t origin_fails = 0;    // per mille of the questions
  bool origins_are_cut_off = false;  // for a while
  // Machines.
  bool followers_crash = false;
  bool checkpoints_tear = false;
  bool followers_pause = false;
  bool authority_crashes = false;
  std::uint64_t answers_lost = 0;  // per mille of the commits: it dies before it answers
  bool backups_are_restored = false;
  bool clocks_step = false;
  std::int64_t drift_ppm = 0;
  bool keys_change = false;

  static Faults drawn(World& world);

  // How far a follower's own idea of its staleness may be off: the journey of the fastest word, and
  // what the bound on clock skew lets a road hide that held everything back from the start.
  Milliseconds slack() const;
  Milliseconds max_clock_skew() const;
};

enum class Plant : std::uint8_t {
  kNone,
  kStampAfterTheFact,         // a token's stamp is read when it is minted, not before
  kHeadBeforeTime,            // a heartbeat's `at` is read after its head
  kAcknowledgedTooEarly,      // a revocation is acknowledged before its commit
  kForgottenTooEarly,         // `until` leaves out the leeway
  kSnapshotAheadOfEntries,    // the manifest is newer than its segments
  kCheckpointAheadOfEntries,  // so is the checkpoint's
  kClearedOnResync,           // a lost history is answered by starting from nothing
};
inline constexpr std::uint8_t kPlants = 8;
std::string_view name_of(Plant plant);

}  // namespace rescind::simulation

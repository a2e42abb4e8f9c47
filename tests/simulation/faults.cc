#include "simulation/faults.h"

#include "revocation/freshness.h"

namespace rescind::simulation {

using std::chrono::seconds;

Faults Faults::drawn(World& world) {
  Faults faults;
  faults.usual_delay = world.between(Milliseconds(0), Milliseconds(50));
  if (world.chance(500)) faults.drop = world.random().below(300);
  if (world.chance(500)) faults.duplicate = world.random().below(500);
  if (world.chance(500)) faults.late = world.random().below(400);
  if (world.chance(200)) faults.damage = world.random().below(100);
  if (world.chance(500)) faults.origin_fails = world.random().below(300);
  if (world.chance(400)) faults.answers_lost = world.random().below(100);
  faults.broker_fails = world.chance(300);
  faults.origins_are_cut_off = world.chance(300);
  faults.followers_crash = world.chance(500);
  faults.checkpoints_tear = world.chance(300);
  faults.authority_crashes = world.chance(400);
  faults.backups_are_restored = world.chance(300);
  // Keys lie outside the database: a backup from before a change of keys needs its operator.
  faults.keys_change = !faults.backups_are_restored && world.chance(300);
  // Wrong wall clocks and words held back do not come together: a follower's bound on what a road
  // can hide from its start on rests on its wall clock.
  if (world.chance(500)) {
    faults.clocks_step = world.chance(600);
    faults.drift_ppm = static_cast<std::int64_t>(world.random().below(301)) - 150;
  } else {
    faults.roads_hold_back = world.chance(600);
    faults.followers_pause = world.chance(600);
  }
  // The same holds for old words to who has just started and cannot ask the origin.
  faults.words_are_replayed =
      world.chance(400) && (faults.roads_hold_back || faults.followers_pause ||
                            (faults.origin_fails == 0 && !faults.origins_are_cut_off));
  return faults;
}

Milliseconds Faults::slack() const {
  const Milliseconds journey = usual_delay + late_by + Milliseconds(500);
  return roads_hold_back || followers_pause ? max_clock_skew() + journey : journey;
}

Milliseconds Faults::max_clock_skew() const {
  return roads_hold_back || followers_pause ? seconds(2)
                                            : Milliseconds(revocation::kDefaultMaxClockSkew);
}

std::string_view name_of(Plant plant) {
  switch (plant) {
    case Plant::kNone:
      return "none";
    case Plant::kStampAfterTheFact:
      return "stamp after the fact";
    case Plant::kHeadBeforeTime:
      return "head before time";
    case Plant::kAcknowledgedTooEarly:
      return "acknowledged too early";
    case Plant::kForgottenTooEarly:
      return "forgotten too early";
    case Plant::kSnapshotAheadOfEntries:
      return "snapshot ahead of entries";
    case Plant::kCheckpointAheadOfEntries:
      return "checkpoint ahead of entries";
    case Plant::kClearedOnResync:
      return "cleared on resync";
  }
  return {};
}

}  // namespace rescind::simulation

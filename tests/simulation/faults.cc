#include "simulation/faults.h"

#include "revocation/freshness.h"

namespace rescind::simulation {
namespace {

using std::chrono::seconds;

constexpr Milliseconds kDriftAndRounding{50};

void draw_roads(Faults& faults, Dice dice) {
  faults.usual_delay = dice.between(Milliseconds(0), Milliseconds(50));
  if (dice.chance(500)) faults.drop = dice.below(300);
  if (dice.chance(500)) faults.duplicate = dice.below(500);
  if (dice.chance(500)) faults.late = dice.below(400);
  if (dice.chance(200)) faults.damage = dice.below(100);
  faults.roads_are_cut = dice.chance(300);
  faults.forgers = dice.chance(200);
}

void draw_brokers(Faults& faults, Dice dice) {
  faults.broker_fails = dice.chance(300);
  faults.two_roads = dice.chance(200);
  faults.two_publishers = dice.chance(250);
  faults.brokers_keep_log = dice.chance(400);
  if (!faults.brokers_keep_log) return;
  // A word that is late holds up all that come after it: roads_hold_back has that, with its bound.
  faults.late = 0;
  faults.broker_loses_data = dice.chance(300);
  faults.retention_cuts = dice.chance(300);
  faults.readers_begin_anew = dice.chance(500);
}

void draw_authority(Faults& faults, Dice dice) {
  faults.authority_crashes = dice.chance(400);
  if (dice.chance(300)) faults.dies_before_commit = dice.below(50);
  if (dice.chance(400)) faults.dies_after_commit = dice.below(100);
  faults.backups_are_restored = dice.chance(300);
  // Keys lie outside the database: a backup from before a change of keys needs its operator. Who
  // has met what it does not know waits for a newer program, whatever is restored meanwhile.
  if (faults.backups_are_restored) return;
  faults.keys_change = dice.chance(300);
  faults.version_is_newer = dice.chance(100);
  faults.newer_is_critical = faults.version_is_newer && dice.chance(500);
}

void draw_machines(Faults& faults, Dice dice) {
  if (dice.chance(500)) faults.origin_fails = dice.below(300);
  faults.origins_are_cut_off = dice.chance(300);
  faults.followers_crash = dice.chance(500);
  faults.checkpoints_tear = dice.chance(300);
  // Wrong wall clocks and words held back do not come together: a follower's bound on what a road
  // can hide from its start on rests on its wall clock.
  if (dice.chance(500)) {
    faults.clocks_step = dice.chance(600);
    faults.drift_ppm = static_cast<std::int64_t>(dice.below(301)) - 150;
  } else {
    faults.roads_hold_back = dice.chance(600);
    faults.followers_pause = dice.chance(600);
    if (dice.chance(300)) faults.slow_by = dice.between(Milliseconds(1), Milliseconds(300));
  }
}

void draw_origins(Faults& faults, Dice dice) {
  if (dice.chance(250)) faults.long_answers_fail = dice.below(900);
}

// Old words to who has just started and cannot ask the origin: there too the bound rests on its
// wall clock.
void draw_old_words(Faults& faults, Dice dice) {
  const bool origin_answers = faults.origin_fails == 0 && !faults.origins_are_cut_off &&
                              !faults.authority_crashes && faults.dies_before_commit == 0 &&
                              faults.dies_after_commit == 0;
  if (!faults.roads_may_hide() && !origin_answers) {
    faults.readers_begin_anew = faults.broker_loses_data = false;
    return;
  }
  faults.words_are_replayed = dice.chance(400);
}

}  // namespace

Faults Faults::drawn(const World& world) {
  Faults faults;
  draw_roads(faults, world.dice("faults of roads"));
  draw_brokers(faults, world.dice("faults of brokers"));
  draw_authority(faults, world.dice("faults of the authority"));
  draw_machines(faults, world.dice("faults of machines"));
  draw_origins(faults, world.dice("faults of origins"));
  draw_old_words(faults, world.dice("old words"));
  return faults;
}

Faults Faults::healed() const {
  Faults well;
  well.late_by = late_by;
  well.brokers_keep_log = brokers_keep_log;
  well.readers_begin_anew = readers_begin_anew;
  well.roads_hold_back = roads_hold_back;
  well.followers_pause = followers_pause;
  well.slow_by = slow_by;
  return well;
}

Milliseconds Faults::slack() const {
  const Milliseconds journey =
      usual_delay + (late > 0 ? late_by : Milliseconds(0)) + kDriftAndRounding;
  return roads_may_hide() ? max_clock_skew() + journey : journey;
}

Milliseconds Faults::max_clock_skew() const {
  return roads_may_hide() ? seconds(2) : Milliseconds(revocation::kDefaultMaxClockSkew);
}

}  // namespace rescind::simulation

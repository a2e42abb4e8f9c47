#pragma once
// What goes wrong in a run: a random subset of all faults, drawn from the seed.

#include <cstdint>

#include "simulation/world.h"

namespace rescind::simulation {

struct Faults {
  // Roads, per mille of the words.
  std::uint64_t drop = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t late = 0;
  Milliseconds usual_delay{5};
  Milliseconds late_by{1000};
  std::uint64_t damage = 0;  // a flipped bit
  bool words_are_replayed = false;
  bool roads_hold_back = false;  // a road keeps everything for a while, then delivers it all
  bool roads_are_cut = false;    // one way: words are lost for a while, the origin answers
  Milliseconds slow_by{0};       // one host takes so long over each word
  bool forgers = false;          // words signed by nobody that the feed knows

  // Brokers.
  bool broker_fails = false;        // refuses for a while
  bool brokers_keep_log = false;    // a log that is read in order, from where the reader was
  bool readers_begin_anew = false;  // who starts reads all that the log keeps
  bool broker_loses_data = false;   // the topic is deleted and made again
  bool retention_cuts = false;      // the log keeps its last words only
  bool two_roads = false;           // two brokers, each host hears both
  bool two_publishers = false;      // of two nodes the one with the lease publishes

  // Origins.
  std::uint64_t origin_fails = 0;       // per mille of the questions
  std::uint64_t long_answers_fail = 0;  // of those for batches and snapshots
  bool origins_are_cut_off = false;     // the other way: for a while nobody answers

  // Machines.
  bool followers_crash = false;
  bool checkpoints_tear = false;
  bool followers_pause = false;
  bool clocks_step = false;
  std::int64_t drift_ppm = 0;

  // The authority.
  bool authority_crashes = false;
  std::uint64_t dies_before_commit = 0;  // per mille of the writer's steps
  std::uint64_t dies_after_commit = 0;   // before it answers
  bool backups_are_restored = false;
  bool keys_change = false;
  bool version_is_newer = false;  // it writes batches of a kind that no host knows
  bool newer_is_critical = false;

  static Faults drawn(const World& world);
  // All is well again; what the oracle's slack rests on stays.
  Faults healed() const;

  // How far a follower's own idea of its staleness may be off: the journey of the fastest word, and
  // what the bound on clock skew lets a road hide that held everything back from the start.
  Milliseconds slack() const;
  Milliseconds max_clock_skew() const;
  bool roads_may_hide() const { return roads_hold_back || followers_pause || slow_by.count() > 0; }
};

}  // namespace rescind::simulation

#pragma once
// The follower's inside: what each word and each answer of the origin does. Private to follower.cc
// and follower_answers.cc.

#include <optional>
#include <string>

#include "feed/chain.h"
#include "feed/checkpointing.h"
#include "feed/early.h"
#include "feed/follower.h"
#include "feed/index_writer.h"
#include "feed/pulse.h"
#include "feed/receipts.h"
#include "feed/repair.h"
#include "feed/snapshot.h"
#include "feed/upstream.h"

namespace rescind::feed {

struct Follower::Body {
  // Why the chain stands still though the next link is there.
  enum class Obstacle { kNone, kNotUnderstood, kIndexFull };
  // The time of the authority, told by a word that does not refresh.
  struct Heard {
    std::uint64_t term;
    WallTime at;
    BootTime arrival;
  };

  Body(Options options, revocation::Index& index, Origin& origin, Checkpoint* checkpoint,
       Random& random, Log& events, std::function<void()> wake);

  // follower.cc: the start, words, the chain
  void start(Now now);
  void on_word(std::string_view jws, Now now, std::string_view road);
  void on_heartbeat(const Heartbeat& heartbeat, std::string_view jws, Now now);
  void on_batch(Received received, Now now);
  bool is_ours(std::string_view issuer, std::string_view feed) const;
  void refuse(std::string_view why, Now now);
  bool link(const Received& next, Now now);
  void link_early(Now now);
  void join_out_of_order(const Batch& batch);
  void note_head(const Place& head, Now now);
  void meet_heartbeat(Now now);
  void stop_at(Obstacle what);
  void refresh(std::uint64_t term, WallTime at, Now now);
  void observe(std::uint64_t term, WallTime at, Now now);
  void recall(revocation::Freshness& begun);
  void confirm_term(bool by_origin, Now now);
  WallTime last_at() const;
  bool behind() const;
  void publish();
  void pass_on(const Heartbeat& heartbeat, std::string_view jws);
  void tell_place();
  BootTime report(BootTime now);

  // follower_answers.cc: what the origin says
  void take_answers(Now now);
  void on_origins_word(const Result<std::string>& answer, Now now);
  void forget_what_ended_before(std::uint64_t term);
  bool tells_next_time(const Heartbeat& heartbeat) const;
  void on_run(const Result<std::vector<std::string>>& answer, Now now);
  std::vector<Received> read_run(const std::vector<std::string>& words);
  void after_run(bool progress, bool rest, Now now);
  void on_snapshot(const Result<Snapshot>& answer, Now now);
  Result<OpenedSnapshot> open(const Snapshot& snapshot) const;
  // Whether the follower's place is now that of the snapshot.
  bool take_place_of(const Manifest& manifest, const std::string& jws);
  void on_lost_history(const Manifest& manifest);

  Options options;
  Log& log;
  std::function<void()> wake;
  std::function<void(const Batch&)> observer;
  std::optional<Hearer> hearer;
  IndexWriter writer;
  Upstream upstream;
  Chain chain;
  EarlyBatches early;
  Repair repair;
  Pulse pulse;
  Receipts receipts;
  Checkpointing checkpointing;
  revocation::Freshness freshness;       // of `fresh_term`
  revocation::Freshness next_freshness;  // of a later term, until the origin has confirmed it
  std::optional<Heard> heard;            // of the latest term, the least late one
  std::uint64_t fresh_term = 0;
  std::optional<std::uint64_t> told_term;  // by the origin, last
  std::uint64_t next_term = 0;
  BootTime next_since{};
  Counters counters;

  bool started = false;
  bool ready = false;
  bool origin_answered = false;  // to the first question for its head, be it with an error
  bool conflict = false;         // the origin does not know our place
  bool in_doubt = false;         // words were refused since the origin last had nothing more for us
  Obstacle obstacle = Obstacle::kNone;
  // Of the checkpoint, or of what was forgotten since: older words make nothing fresh.
  WallTime known_at{};
  std::uint64_t known_term = 0;      // its term
  std::optional<Place> target;       // the greatest signed head that we have not reached
  std::optional<Place> start_head;   // a head seen after the start
  std::uint64_t alarmed_term = 0;    // of the history against which the alarm was raised
  std::optional<Heartbeat> awaited;  // whose head we have not reached
  std::string awaited_jws;
  std::optional<BootTime> last_doubt;  // when a refused word last made us ask
  BootTime purge_due = BootTime::min();
};

}  // namespace rescind::feed

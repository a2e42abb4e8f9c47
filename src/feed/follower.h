#pragma once
// From roads to the index: the signature, the chain, the entries, the time. What is genuine is
// applied at once, even out of order; position and freshness go forward along the chain only. A
// gap, a forged word or an unknown term is never passed over: what is missing is fetched from the
// origin.
//
// Steppable: owns no thread, reads no clock. Words come by on_word(), time by step(). One thread.
// Start: checkpoint, if the tail still reaches back to it; else a snapshot; then the tail. Not
// ready before it has reached a head seen after its start.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "feed/chain.h"
#include "feed/ports.h"
#include "jwt/key.h"
#include "revocation/index.h"

namespace rescind::feed {

class Follower {
 public:
  struct Options {
    std::string name;    // in receipts
    std::string issuer;  // the authority's
    std::string feed = "default";
    std::vector<std::string> may_revoke;  // issuers this feed may revoke; empty: all of its rules
    std::shared_ptr<const jwt::KeySet>
        keys;            // trusted from the start: pinned, or from the authority over TLS
    std::string policy;  // told in receipts
    // Whether those who decide see the index by now: before that no receipt is sent. Empty: from
    // the start.
    std::function<bool()> is_seen;
    Milliseconds heartbeat{1000};
    Milliseconds checkpoint_every{30'000};
    Milliseconds repair_pause{50};  // at most, drawn by chance: the batch may be under way
    Milliseconds receipt_every{1000};
  };
  struct Counters {
    std::uint64_t batches = 0;
    std::uint64_t entries = 0;
    std::uint64_t heartbeats = 0;
    std::uint64_t refused_words = 0;  // forged, damaged, foreign
    std::uint64_t gaps = 0;
    std::uint64_t repairs = 0;
    std::uint64_t snapshots = 0;
    std::uint64_t histories_lost = 0;
    std::uint64_t unconfirmed_terms = 0;  // whose time the origin could not be asked for
    std::uint64_t checkpoint_failures = 0;
  };

  // What whoever serves the feed on has to hear, in this order of events: a place taken as a whole
  // (a checkpoint's, a snapshot's), each link after it, and what may be given out as fresh here:
  // heartbeats that name our place, of a term whose time the origin has confirmed, once the origin
  // has told the time; its own word may come twice. Called after the index has it.
  struct Hearer {
    std::function<void(const Manifest&)> on_place;
    std::function<void(const Received&)> on_link;
    std::function<void(const Heartbeat&, std::string_view jws)> on_heartbeat;
  };

  // `checkpoint` may be null. All of these outlive the follower. `wake` is called when there is
  // something to do before the deadline that step() returned last.
  Follower(Options options, revocation::Index& index, Origin& origin, Checkpoint* checkpoint,
           Random& random, Log& events, std::function<void()> wake);
  ~Follower();

  // `road`: as in a Report, for the receipts.
  void on_word(std::string_view jws, Now now, std::string_view road = {});
  BootTime step(Now now);
  // Writes a checkpoint at once, as at the end of a process.
  Result<void> save_checkpoint(Now now);

  Position position() const;
  // The greatest that a signed word of this feed has named so far.
  Position last_head() const;
  bool ready() const;
  bool can_follow() const;
  Milliseconds staleness(Now now) const;
  const Counters& counters() const;
  // Called after a batch has been applied along the chain, with its entries.
  void on_applied(std::function<void(const Batch&)> observer);
  // Set before the first step; all of its members.
  void pass_on(Hearer hearer);
  // The feed's keys as they are known here.
  const jwt::KeySet& keys() const;

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace rescind::feed

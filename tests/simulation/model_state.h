#pragma once
// What the modelled store has on its disk, a value (a copy is a backup); and one commit of it.

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "feed/manifest.h"
#include "jwt/signing_key.h"
#include "simulation/store.h"
#include "store/batch_plan.h"
#include "store/head_row.h"
#include "store/log_rows.h"

namespace rescind::simulation {

struct ModelState {
  struct Link {
    feed::Sealed sealed;
    WallTime at{};
  };
  store::HeadRow head;
  std::deque<Link> log;  // the tail
  std::vector<feed::Term> terms;
  std::shared_ptr<const revocation::Rules> rules = std::make_shared<const revocation::Rules>();
  std::vector<store::Announcement> announced;
  std::map<revocation::Key, revocation::Entry> entries;
  feed::Position lost_up_to;  // the greatest that a recorded loss reaches
  bool needs_newer = false;   // a critical batch of an unknown kind is in the history

  const Link* find(std::uint64_t number) const;
  // Drops what the log's retention and the purge time let go; together, as the store does.
  void forget(WallTime batches_before, WallTime purge_time);
};

// A transaction: what the operations ask for, then all of it sealed and moved to the state.
class ModelGroup {
 public:
  ModelGroup(ModelState& state, WallTime at)
      : state_(state), at_(at), plan_(state.head.issuer, state.head.position) {}

  feed::Position begin_term(std::uint64_t term) { return plan_.begin_term(term); }
  void run(const Change& change);
  void announce(std::vector<std::string> keys) { plan_.add(std::move(keys)); }
  void seal(const jwt::SigningKey& key);
  WallTime at() const { return at_; }

 private:
  void add(revocation::Revocation revocation);
  void take(const store::PlannedBatch& planned, feed::Sealed sealed);
  void add_future(bool is_critical, const jwt::SigningKey& key);

  ModelState& state_;
  WallTime at_;
  store::BatchPlan plan_;
  bool wants_receipt_ = false;
  Change::Future future_ = Change::Future::kNone;
};

}  // namespace rescind::simulation

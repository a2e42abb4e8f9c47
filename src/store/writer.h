#pragma once
// The transactional core of the committer: one group is one transaction from the head row to the
// moved head row. Decides when a new term begins, keeps house, takes proofs of lost history. One
// thread. A commit costs one fsync and one signature a batch, ≈ 0.7 ms.

#include <functional>
#include <memory>
#include <optional>

#include "feed/proof.h"
#include "jwt/key.h"
#include "store/committer.h"
#include "store/group.h"
#include "store/housekeeping.h"
#include "store/steady_time.h"

namespace rescind::store {

class Writer {
 public:
  using Work = std::function<Result<void>(Group&)>;

  static Result<std::unique_ptr<Writer>> open(const Committer::Options& options,
                                              std::unique_ptr<Database> database,
                                              std::shared_ptr<const jwt::SigningKey> key, Log& log,
                                              Now now);

  // Runs `work` in a transaction, seals what it planned, commits. An error: nothing happened.
  Result<Committer::Committed> commit(Now now, const Work& work);
  // Returns when to call again.
  BootTime keep_house(Now now);
  Result<std::optional<Committer::Lost>> find_lost(std::string_view word);
  Result<bool> recover(std::string_view word, bool cut, Now now, const Committer::TakenBack& taken);
  Result<std::optional<Committer::OpenLoss>> open_loss(WallTime now);
  Result<void> change_key(std::shared_ptr<const jwt::SigningKey> next, Now now);

  Position head() const { return seen_; }
  const std::shared_ptr<SteadyTime>& steady_time() const { return steady_time_; }

 private:
  Writer(const Committer::Options& options, std::unique_ptr<Database> database,
         std::shared_ptr<const jwt::SigningKey> key, Log& log, Now now);

  Result<void> adopt_head_row(Now now);
  // With a new term, greater than that and than all that were.
  Result<Committer::Committed> commit_in_new_term(Now now, std::uint64_t above, const Work& work);
  Result<Committer::Committed> transact(Now now, std::optional<std::uint64_t> term_above,
                                        const Work& work);
  struct Moved {
    HeadRow head;
    Position before;
    bool wants_receipts = false;
  };
  Result<Moved> work_and_seal(Now now, std::optional<std::uint64_t> term_above, const Work& work);
  bool is_behind(const HeadRow& head) const;
  bool was_set(Now clock, const HeadRow& head) const;
  // By the clock of who has the data.
  Now by_database(Now now) const { return {.wall = time(now), .boot = now.boot}; }
  WallTime time(Now now) const { return database_->time().value_or(now.wall); }
  Result<bool> is_lost(const feed::Proof& proof);
  Result<void> find_common(Committer::Lost& lost);
  Result<std::shared_ptr<const jwt::KeySet>> feed_keys();

  const Committer::Options options_;
  const std::unique_ptr<Database> database_;
  std::shared_ptr<const jwt::SigningKey> key_;
  Log& log_;
  Position seen_;
  Digest seen_hash_{};
  const std::shared_ptr<SteadyTime> steady_time_ = std::make_shared<SteadyTime>();
  PurgeClock purge_clock_;
};

}  // namespace rescind::store

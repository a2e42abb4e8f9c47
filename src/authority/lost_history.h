#pragma once
// What is done when a follower proves that this log has lost a part of its history (an old backup
// restored, a standby that lagged): the lost batches are taken back from whoever still has them,
// within a bounded time, and committed anew; what cannot be had back is covered by a cut of our own
// issuer. Nothing is believed but what the proof's hash leads to (feed/lost_run.h).
//
// While it waits the committer is held: nobody refreshes what the lost batches may have ended. What
// was minted between the restart and the proof is covered, too: the sessions that a lost cut of a
// user had ended are ended each by its own `sid`, and the lost cuts of other claims of ours are
// raised to the new term.
//
// Batches that come after that are still genuine: for an hour, or until nothing is missing, they
// are committed anew as they come (issuers of others profit from it, and API keys, which no cut
// covers). The store remembers it, so that a restart within that hour goes on.
//
// Steppable; the writer's thread.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "authority/core.h"
#include "authority/key_ring.h"
#include "feed/lost_run.h"
#include "store/committer.h"

namespace rescind::authority {

class LostHistory {
 public:
  struct Options {
    bool cut = true;       // what is not had back
    Milliseconds wait{0};  // for it; none: nobody is asked
    // Whoever may have the batches after this position is to give() them. May be empty.
    std::function<void(Position common)> ask{};
    Milliseconds late{3'600'000};  // after it batches are still taken; where somebody was asked
    std::size_t max_bytes = std::size_t{64} << 20U;  // of batches of one loss, late ones included
    std::size_t proofs = 256;                        // that wait for their answer
  };
  LostHistory(Options options, Core& core, KeyRing& keys)
      : options_(std::move(options)), core_(core), keys_(keys) {}

  // Goes on with what the store remembers, where it can. Once, before anything else.
  void resume(Now now);
  // Answers when the loss is dealt with (after the wait: who knows of a later head may show that
  // meanwhile), or at once where the proof says nothing new. kInvalid: no
  // proof. kExhausted: too many wait.
  void show(std::string_view proof, Now now, Done<void> done);
  // Batches of a lost history, in any order; the newest of them is a proof itself. Answers whether
  // more are needed, or of use. kInvalid: there is no loss that is known, and none of them proves
  // one.
  Result<bool> give(const std::vector<std::string>& words, Now now);
  BootTime step(Now now);

 private:
  struct Pending {
    std::string proof;
    feed::LostRun run;
    std::uint64_t parted;  // no batch of this term or a later one is lost
    BootTime deadline{};
    BootTime ask_at{};
  };
  // What may come late of a loss that has been dealt with.
  struct Late {
    feed::LostRun run;
    std::uint64_t parted;
    std::optional<Position> cut;  // of our own issuer, which has covered what came before
    BootTime until{};
    BootTime ask_at{};
    Milliseconds ask_again{0};
  };
  struct LateBatch {
    Position loss;
    feed::Batch batch;
    std::optional<Position> cut;
    KeyRing::Rows rows;
  };
  // On their way into the store; what is under way there may outlive this.
  struct Anew {
    std::deque<LateBatch> batches;
    std::size_t under_way = 0;
    BootTime due{};
  };
  bool is_asked() const { return options_.wait > Milliseconds(0); }  // somebody
  Result<void> begin(std::string_view proof, Now now);
  Result<void> look_for_proof(const std::vector<std::string>& words, Now now);
  void settle(Now now);
  void ask_for_missing(Now now);
  void expect_late(bool complete, Now now);
  void take_late(const std::vector<std::string>& words, Now now);
  void step_late(Now now);
  void commit_late(Now now);
  void adopt(const KeyRing::Rows& rows);
  // `cut`: to where the cuts of our own claims are raised; nothing: to the batch of this commit.
  Result<void> commit_anew(store::Transaction& transaction, const feed::Batch& batch,
                           std::optional<Position> cut, KeyRing::Rows& rows);
  Result<void> commit_anew(store::Transaction& transaction, revocation::Revocation revocation,
                           const feed::Batch& from, std::optional<Position> cut,
                           KeyRing::Rows& rows);

  const Options options_;
  Core& core_;
  KeyRing& keys_;
  std::optional<Pending> pending_;
  std::optional<Late> late_;
  const std::shared_ptr<Anew> anew_ = std::make_shared<Anew>();
  std::vector<Done<void>> waiting_;
};

}  // namespace rescind::authority

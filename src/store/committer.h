#pragma once
// The one writer: operations queue, each runs in a savepoint of its own, one commit (one fsync, one
// signature for all that they revoke) for the group, and only then the answers. A failed operation
// leaves no trace; a failed commit fails every operation of its group with kUnavailable, and the
// next group starts afresh.
//
// submit() and head() are thread-safe. Everything else is the writer's thread's: the owner calls
// step() when `wake` was called or the deadline has come. Under load, groups are at least `spacing`
// apart, so that batches stay few; alone, nothing waits. Begins a new term when it starts, finds
// the head row behind what it has seen, or reads a clock that was set by more than 1 s.
// It also lets go of what nobody needs any more, a little at a time.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "feed/chain.h"
#include "feed/proof.h"
#include "jwt/signing_key.h"
#include "store/database.h"
#include "store/steady_time.h"
#include "store/transaction.h"

namespace rescind::store {

class Committer {
 public:
  struct Options {
    std::string issuer;
    std::string feed = "default";
    std::size_t queue_limit = 10'000;  // one more: kExhausted at once
    std::size_t group_limit = 1024;    // operations in one commit
    Milliseconds spacing{2};
    Milliseconds retention{3'600'000};       // of the log's tail; at least ten snapshots'
    Milliseconds snapshot_every{60'000};     // as StoreLog's
    std::chrono::days record_retention{90};  // of what was done, for the audit
  };
  // What stands after the commit of the group that an operation was in.
  struct Committed {
    Position head;
    WallTime at{};
    Position before;  // the head that the group found
    bool wants_receipts = false;
  };
  // What observers are told: the batches after `before`, up to `head`, are durable.
  struct Commit {
    Position before;
    Position head;
    bool wants_receipts = false;  // from followers, of `head`
  };
  using Operation = std::move_only_function<Result<void>(Transaction&)>;
  using Done = std::move_only_function<void(Result<Committed>)>;

  // Opens the head row, begins a term (commits its batch). `key` signs the batches. The schema has
  // to be there (store/migrations.h). kConflict: the database is another feed's. kInvalid: options.
  static Result<std::unique_ptr<Committer>> open(Options options,
                                                 std::unique_ptr<Database> database,
                                                 std::shared_ptr<const jwt::SigningKey> key,
                                                 Log& log, Now now, std::function<void()> wake);
  // What is still queued fails with kUnavailable.
  ~Committer();

  // `done` is called on the writer's thread after the commit (or at once, on the caller's, where
  // the queue is full). Thread-safe.
  void submit(Operation operation, Done done);
  // Runs at most one group; returns when to call again at the latest.
  BootTime step(Now now);
  // Called on the writer's thread after each commit that moved the head, before the answers.
  void on_commit(std::function<void(const Commit&)> observer);
  Position head() const;  // committed; thread-safe
  // What its batches say that the time is: for whatever else speaks for this feed here.
  std::shared_ptr<SteadyTime> steady_time() const;

  // What a proof says that this log has lost: up to where, and the last batch before it that the
  // log still has. Nothing where it says nothing new. kCorrupt: no proof.
  struct Lost {
    feed::Proof proof;
    feed::Place common;
    std::uint64_t parted = 0;  // the term with which this log goes on from there; 0: none
  };
  Result<std::optional<Lost>> find_lost(std::string_view proof);
  // The latest loss, where batches of it may still come.
  struct OpenLoss {
    Lost lost;
    feed::Place missing;          // the newest that has not been taken back; its term is not told
    std::optional<Position> cut;  // of our own issuer, which covered it
    WallTime until{};
  };
  Result<std::optional<OpenLoss>> open_loss(WallTime now);
  // While it is held no group is committed; operations wait in the queue. The writer's thread.
  void hold(bool held);

  // What has been taken back of a lost history. `commit_anew` runs in the transaction that begins
  // the term, at whose first batch's position it is called; what it does is left out if it fails.
  struct TakenBack {
    std::function<Result<void>(Transaction&, Position first)> commit_anew;
    bool complete = false;  // nothing is missing: there is nothing to cover
    // Otherwise: the newest that is, and for how long it may still come. None: not expected.
    feed::Place missing{};
    Milliseconds late{0};
  };
  // A proof of lost history: `proof` is a word signed by this feed's key that names a position
  // which this log does not contain. Begins a term above both, records the loss, commits anew what
  // was taken back and, with `cut` and unless that was all, cuts the issuer at the position of that
  // term's first batch. False: nothing new. kCorrupt: no proof.
  Result<bool> recover(std::string_view proof, bool cut, Now now);
  Result<bool> recover(std::string_view proof, bool cut, Now now, const TakenBack& taken);

  // The feed's key from here on: announced in a batch that the present one signs, with which
  // followers get from one to the other.
  Result<void> change_key(std::shared_ptr<const jwt::SigningKey> next, Now now);

 private:
  struct Body;
  explicit Committer(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace rescind::store

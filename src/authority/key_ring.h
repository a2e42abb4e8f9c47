#pragma once
// The keys that sign access tokens: kept in the store (their private halves sealed under the master
// key), published as a JWKS, rotated by key_states.h.
//
// Steppable: step() is the loop's, owns no thread and reads no clock; keys are made on the executor
// and put into the store by the committer. current() is thread-safe and costs a lock and a shared
// pointer. All that it is given outlives it.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "authority/key_states.h"
#include "authority/master_key.h"
#include "authority/worker_pool.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/random.h"
#include "jwt/key.h"
#include "jwt/signing_key.h"
#include "store/committer.h"
#include "store/transaction.h"

namespace rescind::authority {

// The keys at one moment. Immutable.
struct TokenKeys {
  std::shared_ptr<const jwt::SigningKey> active;    // null until there is one
  std::shared_ptr<const jwt::KeySet> verification;  // next, active, retired; never null
  std::shared_ptr<const std::string> jwks;          // the same, as it is published; never null
  std::vector<store::SigningKeyRow> rows;           // all that were, for a list
};

class KeyRing {
 public:
  KeyRing(jwt::Algorithm algorithm, const KeyPlan& plan, const MasterKey& master,
          store::Committer& committer, Executor executor, Random& random, Log& log);
  ~KeyRing();

  std::shared_ptr<const TokenKeys> current() const EXCLUDES(mutex_);

  // Takes what the store holds, unless something newer is known. Any thread. kCorrupt: a key cannot
  // be unsealed (another master key?); then what was known stays.
  Result<void> adopt(const std::vector<store::SigningKeyRow>& rows) EXCLUDES(mutex_);
  // Starts what is due; returns when to call again at the latest.
  BootTime step(Now now) EXCLUDES(mutex_);

  // Within a transaction; `rows` gets the state after it, for adopt() once it is committed.
  using Rows = std::vector<store::SigningKeyRow>;
  Result<void> rotate(store::Transaction& transaction, Rows& rows) const;  // kConflict: no standby
  // A revoked key. False where it is none of ours.
  static Result<bool> remove(store::Transaction& transaction, std::string_view id, Rows& rows);

 private:
  Result<store::SigningKeyRow> make_spare() const;
  void make_and_commit(std::size_t spares);
  void commit(std::vector<store::SigningKeyRow> spares);
  void finished(const Result<void>& result) EXCLUDES(mutex_);

  const jwt::Algorithm algorithm_;
  const KeyPlan plan_;
  const MasterKey& master_;
  store::Committer& committer_;
  Executor executor_;
  Random& random_;
  Log& log_;

  mutable Mutex mutex_;
  std::shared_ptr<const TokenKeys> current_ GUARDED_BY(mutex_);
  bool busy_ GUARDED_BY(mutex_) = false;
};

}  // namespace rescind::authority

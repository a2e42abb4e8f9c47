#pragma once
// What the flows of the authority (sign in, refresh, sign out, revoke) share. A bundle of
// references; whoever makes it sees that they outlive it. Everything in it is thread-safe.

#include <chrono>
#include <functional>
#include <string>

#include "authority/counters.h"
#include "authority/master_key.h"
#include "authority/minter.h"
#include "authority/passwords.h"
#include "base/log.h"
#include "base/random.h"
#include "revocation/rules.h"
#include "store/committer.h"

namespace rescind::authority {

// What decides how long our tokens live and what can revoke them. Immutable.
struct TokenPolicy {
  std::string issuer;
  revocation::IssuerRules rules;  // of our own issuer
  std::chrono::seconds access_ttl{0};
  std::chrono::seconds refresh_ttl{0};
  Milliseconds reuse_grace{0};
};

struct Core {
  const TokenPolicy& policy;
  store::Committer& committer;
  const Minter& minter;
  Passwords& passwords;
  const MasterKey& master;
  Random& random;  // SystemRandom, but in tests of one thread
  Counters& counters;
  Log& log;
};

using store::Position;

// Called once, on whatever thread has the answer.
template <typename T>
using Done = std::move_only_function<void(Result<T>)>;

// Runs `operation` in the writer's transaction. After the commit `done` is called on the writer's
// thread with what the operation put into its `T`, and where the head was then.
template <typename T>
struct Stored {
  T value;
  Position head;
};
template <typename T, typename Operation>
void commit(store::Committer& committer, Operation operation, Done<Stored<T>> done) {
  auto value = std::make_shared<T>();
  committer.submit(
      [value,
       operation = std::move(operation)](store::Transaction& transaction) mutable -> Result<void> {
        TRY_ASSIGN(*value, operation(transaction));
        return {};
      },
      [value, done = std::move(done)](Result<store::Committer::Committed> committed) mutable {
        if (!committed) return done(std::unexpected(std::move(committed).error()));
        done(Stored<T>{std::move(*value), committed->head});
      });
}

}  // namespace rescind::authority

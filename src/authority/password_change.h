#pragma once
// A user's own change of the password: everything that was signed in before ends with it, in the
// same transaction; the caller's own new pair is minted after that commit, under a stamp that the
// cut does not hit. Called on the loop's thread; answers come on a pool's or the writer's.

#include <string>

#include "authority/core.h"
#include "authority/options.h"
#include "authority/rate_limiter.h"
#include "authority/reads.h"

namespace rescind::authority {

class PasswordChange {
 public:
  PasswordChange(const Core& core, const Options& options, Reads& reads)
      : core_(core), reads_(reads), attempts_(options.logins_per_account, core.random) {}

  struct Wanted {
    std::string subject;     // of the access token that asks
    std::string session_id;  // of the same
    Secret current;
    Secret next;
    std::string address;
    std::string user_agent;
  };
  // kUnauthorized: wrong password, or the session has ended; kConflict: this user has no password
  // here; kInvalid: the new one will not do; kExhausted: too many attempts.
  void change(Wanted wanted, Now now, Done<Pair> done);

 private:
  void hash_and_store(Wanted wanted, store::Account account, Done<Pair> done);
  void store(Wanted wanted, store::Account account, std::string hash, Done<Pair> done);
  Result<store::Session> replace(store::Transaction& transaction, const Wanted& wanted,
                                 const store::Account& account, const std::string& hash) const;
  void sign_in_again(const Wanted& wanted, const store::Account& account,
                     const store::Session& before, store::Stamp stamp, Done<Pair> done);

  const Core& core_;
  Reads& reads_;
  RateLimiter attempts_;
};

}  // namespace rescind::authority

#pragma once
// Sessions begin: by name and password, or because a trusted client says who its user is. The stamp
// is read before the account; the writer's transaction asks again for everything that the minting
// rests on, so that a sign-in which races with a change of the password, with disabling the account
// or with any revocation loses.
//
// Called on the loop's thread; answers come on a pool's or the writer's.

#include <string>
#include <vector>

#include "authority/clients.h"
#include "authority/core.h"
#include "authority/rate_limiter.h"
#include "authority/reads.h"
#include "authority/session_start.h"

namespace rescind::authority {

class SignIn {
 public:
  SignIn(const Core& core, const Options& options, const Clients& clients, Reads& reads);

  struct Attempt {
    std::string name;
    Secret password;
    std::string client_id;
    std::string scope;                  // empty: the default
    std::vector<std::string> audience;  // empty: the default
    std::string address;                // without a port
    std::string user_agent;
  };
  // kUnauthorized: wrong name or password, or disabled: nobody is told which. kExhausted: too many
  // attempts of this name or address, or too many at once. kInvalid: scope or audience.
  void sign_in(Attempt attempt, Now now, Done<Pair> done);

  struct TrustedUser {
    std::string caller;  // the client that has authenticated the user
    std::string subject;
    std::string client_id;  // for whom the tokens are
    std::string scope;
    std::vector<std::string> audience;
    std::string email;
    std::string address;
    std::string user_agent;
  };
  // kConflict: the subject is an account of ours, which signs in by itself.
  void open_session(TrustedUser user, Done<Pair> done);

 private:
  Result<void> choose_scope_and_audience(Attempt& attempt) const;
  void start(NewSession session, const std::optional<store::Account>& account, Done<Pair> done);

  const Core& core_;
  const Options& options_;
  const Clients& clients_;
  Reads& reads_;
  RateLimiter accounts_;
  RateLimiter addresses_;
};

// The account as it was read still is what a minting may rest on: not disabled, no new password.
// kUnauthorized where not.
Result<store::Account> unchanged_account(store::Transaction& transaction,
                                         const store::Account& read);

}  // namespace rescind::authority

#pragma once
// Whose tokens a process accepts, with their keys kept up to date: one JwksFetcher for each issuer
// that has a key set, a fixed key for each that shares a secret with us. What comes of it is one
// immutable verifier::TrustedIssuers, handed out anew whenever a key set changes. For whoever
// verifies: authz, the agent, the library.
//
//   TRY_ASSIGN(auto issuers, Issuers::open(options, http_get_on(loop),
//       {.on_change = [&](auto trusted) { verifier.set_issuers(trusted); }, .wake = …}, random,
//       log));
//   verifier.set_issuers(issuers->trusted());   // at once; key sets are empty until they come
//   … issuers->step(now) at its deadlines and when woken …
//   … issuers->on_unknown_key(issuer) for each Reason::kUnknownKey …
//
// Until an issuer's keys are there its tokens are refused as stale; an error leaves the keys that
// there are, for as long as `max_key_age`. Every URL comes from the configuration or, once removed,
// from the discovery document of a configured issuer; nothing that a token says is ever fetched.
//
// Steppable: owns no thread, reads no clock. One thread, the loop's where http_get_on is used.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "issuer/jwks_fetcher.h"
#include "verifier/trusted_issuer.h"

namespace rescind::issuer {

// One issuer as its user configures it. Plain; what is wrong with it open() says.
struct IssuerOptions {
  std::string issuer;                      // `iss`, byte for byte
  std::vector<std::string> audiences;      // one of them has to be in `aud`; empty: not looked at
  std::vector<jwt::Algorithm> algorithms;  // allowlist, not empty; with a secret exactly one HS…
  std::vector<std::string> types = {"at+jwt"};
  bool type_required = true;      // false: a token without `typ` passes
  bool token_id_required = true;  // false: so does one without `jti`
  std::size_t index = 0;          // of its feed (verifier::TrustedIssuer)

  // Where its keys are: a key set's URL; both empty: by OpenID Connect Discovery at `issuer`.
  std::string jwks_url;
  // Or a secret that it shares with us, no shorter than the algorithm's hash, and the `kid` that
  // its tokens may name.
  Secret shared_secret;
  std::string shared_secret_key_id;
  // PEM: who may have signed the certificate of its server; empty: the system's.
  std::string authorities;

  Milliseconds refresh_every{600'000};
  Milliseconds cool_down{30'000};        // between two fetches for an unknown key
  Milliseconds max_key_age{86'400'000};  // since they were last fetched
};

// What is accepted of each issuer: with the key of those that share a secret, with no keys yet of
// all others. For who has their keys from elsewhere; where options say to fetch them from is not
// looked at. kInvalid, naming the issuer: one twice, no algorithm, an algorithm that does not fit,
// a secret that is too short or beside a URL.
Result<verifier::TrustedIssuers> policies_of(const std::vector<IssuerOptions>& issuers);

// Makes what fetches the documents of an issuer; see http_get.h.
using GetFor = std::function<Result<Get>(const IssuerOptions&)>;

class Issuers {
 public:
  using Trusted = std::shared_ptr<const verifier::TrustedIssuers>;
  struct Callbacks {
    // From within step(): the whole set, never null. Not for the set that open() made.
    std::function<void(Trusted)> on_change;
    // There is something to do before the deadline that step() returned last.
    std::function<void()> wake;
  };

  // kInvalid, naming the issuer: what policies_of says, or a URL that may not be fetched. `random`
  // and `log` outlive it.
  static Result<std::unique_ptr<Issuers>> open(const std::vector<IssuerOptions>& issuers,
                                               const GetFor& get_for, Callbacks callbacks,
                                               Random& random, Log& log);
  ~Issuers();

  // Does what is due, returns when to be called again at the latest.
  BootTime step(Now now);
  // A token of this issuer names a key that it is not known to have. Costs nothing where the issuer
  // is not configured, has a secret, or was asked within its cool-down.
  void on_unknown_key(std::string_view issuer);

  // The set as it is now.
  const Trusted& trusted() const;
  // Whether each issuer has keys.
  bool all_have_keys() const;

  struct Status {
    std::string issuer;
    bool fetched = false;  // false: it shares a secret
    std::size_t keys = 0;  // usable ones
    JwksFetcher::Counters counters;
  };
  std::vector<Status> status() const;

 private:
  struct Body;
  explicit Issuers(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace rescind::issuer

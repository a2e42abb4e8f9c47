#pragma once
// What the authority is told by its configuration. Values.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "jwt/algorithm.h"
#include "revocation/rules.h"

namespace rescind::authority {

// What a client may do beside being named in tokens. A set of these.
enum class Role : std::uint8_t {
  kLogin = 1,       // sign users in, refresh and revoke their tokens
  kSessions = 2,    // open sessions for users whom it has authenticated itself
  kIntrospect = 4,  // RFC 7662
  kRevoke = 8,      // revoke whatever the rules let be revoked
  kFollow = 16,     // send receipts, read who follows
  kAdmin = 32,      // everything
};

// A client out of the configuration; it is in no table and cannot be disabled over HTTP.
struct ConfiguredClient {
  std::string id;
  Secret secret;      // empty: public, identified by its id alone; role login only
  std::string roles;  // space-separated: login sessions introspect revoke follow admin
  // A public Ed25519 key as a JWK, with which it signs requests (authority/signed_request.h).
  std::string request_key = {};
};

struct RateLimit {
  double burst = 10;       // attempts at once
  double per_minute = 10;  // and then
};

struct Options {
  std::string issuer;  // https URL, without a trailing slash; also where the endpoints are
  std::string feed = "default";
  Milliseconds canary{0};  // how often (authority/canary.h); 0: never
  std::chrono::seconds access_ttl{900};
  std::chrono::seconds refresh_ttl{30L * 86'400};  // of a session, from its sign-in
  Milliseconds reuse_grace{5000};                  // 0: strict; at most 60 s
  jwt::Algorithm algorithm = jwt::Algorithm::kEs256;
  std::chrono::seconds rotate_every{30L * 86'400};
  // How long a key is published before it signs: a verifier's cache of keys and then some.
  std::chrono::seconds publish_before{600};

  std::vector<std::string> audiences;         // what a login may ask for; the first is the default
  std::vector<std::string> scopes;            // what a login may ask for
  std::string default_scope;                  // what it gets when it does not ask
  std::vector<std::string> revocable_claims;  // of our own tokens: email, scope, aud
  std::vector<revocation::IssuerRules> foreign;  // identity providers; stamps are times
  std::chrono::seconds foreign_clock_skew{2};    // our API's cut for them is now + this

  std::vector<ConfiguredClient> clients;
  std::string public_client = "first-party";  // who signs in without naming a client
  bool password_grant = false;                // RFC 6749 4.3, which RFC 9700 advises against
  bool open_feed = false;                     // followers need no client: for development

  // Browser sign-in (the refresh token in a cookie): origins that may ask, beside the issuer's own.
  std::vector<std::string> origins;
  // Where a proxy says who asks; its last element counts. Empty: the connection's peer.
  std::string client_address_header;

  unsigned password_threads = 1;
  std::size_t password_queue = 32;  // beyond it a login is refused at once
  unsigned signing_threads = 1;
  RateLimit logins_per_account;
  RateLimit logins_per_address{.burst = 60, .per_minute = 60};
};

// kInvalid, with what cannot be.
Result<void> check(const Options& options);

}  // namespace rescind::authority

#pragma once
// The settings of `rescind authz`, as one table (daemon/config.h).

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/roles/issuer_config.h"
#include "daemon/config.h"
#include "verifier/options.h"

namespace rescind::cli {

struct AuthzConfig {
  std::int64_t version = 1;
  std::string public_listen = "127.0.0.1:8482";  // where gateways ask
  std::string admin_listen = "127.0.0.1:8483";
  std::string issuer;                  // the authority's: whose tokens
  std::vector<std::string> audiences;  // one of them has to be in `aud`
  std::vector<std::string> algorithms = {"ES256", "RS256", "EdDSA"};
  bool api_keys = false;  // of the authority, for the same audiences
  Milliseconds max_key_age{86'400'000};
  std::vector<VerifiedIssuerConfig> trusted_issuers;  // beside it
  std::string feed_url;                               // …/v1/feed
  std::string feed_name = "default";
  std::string feed_keys_file;     // a JWKS: the feed's keys, pinned; else from the authority
  std::string jwks_url;           // empty: beside the feed, at the authority
  std::string introspection_url;  // empty: beside the feed
  std::string ca_file;            // for https; empty: the system's
  Milliseconds heartbeat{1000};
  std::string name;  // in receipts; empty: host name and port
  std::string client_id;
  Secret client_secret;
  std::string checkpoint;  // a file; empty: none
  Milliseconds max_staleness{30'000};
  verifier::OnStale on_stale = verifier::OnStale::kRefuse;
  Milliseconds leeway{5'000};
  Milliseconds max_token_lifetime{86'400'000};
  bool nginx_answers = true;                   // 401 and 403 are all that auth_request hands on
  std::map<std::string, std::string> headers;  // header → claim; empty: the usual five
  std::string log_format = "text";
  std::string log_level = "info";
};

void describe(daemon::Schema& schema, AuthzConfig& config);
Result<void> complete(AuthzConfig& config);

// All whose tokens are accepted, the authority first; reads the files that are named. kInvalid,
// kNotFound. The configuration is complete.
Result<std::vector<issuer::IssuerOptions>> issuers_of(const AuthzConfig& config);

}  // namespace rescind::cli

#pragma once
// The settings of `rescind authz`, as one table (daemon/config.h).

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/roles/follow_config.h"
#include "cli/roles/issuer_config.h"
#include "daemon/config.h"

namespace rescind::cli {

struct AuthzConfig : FollowConfig {
  std::int64_t version = 1;
  std::string public_listen = "127.0.0.1:8482";  // where gateways ask
  std::string admin_listen = "127.0.0.1:8483";
  std::vector<std::string> audiences;  // one of them has to be in `aud`; of API keys, too
  std::vector<VerifiedIssuerConfig> trusted_issuers;  // beside the authority
  bool asks_denylist = false;                         // revocation.source: redis
  std::string denylist_url;                           // redis://…; empty: there is none
  std::string introspection_url;                      // empty: beside the feed
  Milliseconds position_wait{250};
  Milliseconds leeway{5'000};
  Milliseconds max_token_lifetime{86'400'000};
  std::int64_t failed_signatures = 0;  // a second, from one source; 0: no limit
  std::int64_t failed_signatures_burst = 100;
  std::string source_header;                   // empty: who has connected
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

#pragma once
// The settings of an identity provider whose tokens a process accepts beside the authority's: one
// of `trusted_issuers` of `rescind authz` and `rescind agent`. (What of it can be revoked is the
// authority's to say: AuthorityConfig.)

#include <string>
#include <string_view>
#include <vector>

#include "daemon/config.h"
#include "issuer/issuers.h"

namespace rescind::cli {

struct VerifiedIssuerConfig {
  std::string url;
  std::vector<std::string> audiences;
  std::vector<std::string> algorithms = {"ES256", "RS256", "EdDSA"};
  std::vector<std::string> types = {"at+jwt"};
  bool type_required = true;
  bool token_id_required = true;
  std::string jwks_url;  // empty: by discovery, or a secret
  Secret shared_secret;
  std::string shared_secret_kid;
  std::string ca_file;
  Milliseconds refresh_keys_every{600'000};
  Milliseconds unknown_key_pause{30'000};
  Milliseconds max_key_age{86'400'000};
};

// For Schema::groups.
void describe_verified_issuer(daemon::Schema& schema, VerifiedIssuerConfig& config);

// kInvalid for an algorithm that does not exist, kNotFound for a ca_file. Issuers::open checks the
// rest.
Result<issuer::IssuerOptions> issuer_options_of(const VerifiedIssuerConfig& config);

// "ES256" and so on; kInvalid, naming the setting, for a word that is no algorithm.
Result<std::vector<jwt::Algorithm>> algorithms_of(const std::vector<std::string>& names,
                                                  std::string_view setting);

}  // namespace rescind::cli

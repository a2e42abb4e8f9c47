#pragma once
// The settings that every process has which follows a feed (`rescind authz`, `rescind agent`): the
// authority's keys, its feed, and who this follower is.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config.h"
#include "issuer/issuers.h"
#include "net/tls.h"
#include "transport/following.h"
#include "verifier/options.h"

namespace rescind::cli {

struct FollowConfig {
  std::string issuer;     // the authority's: whose tokens
  std::string jwks_url;   // empty: beside the feed, at the authority
  bool api_keys = false;  // of the authority
  std::vector<std::string> algorithms = {"ES256", "RS256", "EdDSA"};
  Milliseconds max_key_age{86'400'000};
  std::string feed_url;                 // …/v1/feed
  std::vector<std::string> feed_roads;  // brokers that carry it too
  std::string feed_name = "default";
  std::string feed_keys_file;  // a JWKS: the feed's keys, pinned; else from the authority
  std::string ca_file;         // for https; empty: the system's
  Milliseconds heartbeat{1000};
  std::string name;  // in receipts; empty: host name, and what tells it from others there
  std::string client_id;
  Secret client_secret;
  std::string checkpoint;  // a file; empty: none
  Milliseconds max_staleness{30'000};
  verifier::OnStale on_stale = verifier::OnStale::kRefuse;
};

// All but revocation.on_stale, whose choices differ.
void describe_following(daemon::Schema& schema, FollowConfig& config);
// Fills what is left out. kInvalid.
Result<void> complete_following(FollowConfig& config);

// https://HOST of the feed's authority. The configuration is complete, here and below.
std::string authority_of(const FollowConfig& config);
// API keys are tokens of an issuer of their own, and this is it.
std::string api_key_issuer_of(const FollowConfig& config);
// The authority's own issuer, and that of its API keys where they are wanted. kInvalid for an
// algorithm that does not exist, kNotFound for a ca_file.
Result<std::vector<issuer::IssuerOptions>> authority_issuers_of(const FollowConfig& config,
                                                                issuer::IssuerOptions policy = {});
// Null: the system's authorities.
Result<std::shared_ptr<const net::TlsContext>> tls_of(const FollowConfig& config);
// `what` tells this follower from others of its host. kNotFound: feed.keys_file, ca_file.
Result<transport::Following::Options> following_of(const FollowConfig& config,
                                                   std::string_view what);

}  // namespace rescind::cli

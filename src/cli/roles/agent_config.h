#pragma once
// The settings of `rescind agent`, as one table (daemon/config.h).

#include <cstdint>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "cli/roles/follow_config.h"
#include "cli/roles/issuer_config.h"
#include "daemon/config.h"

namespace rescind::cli {

// Who may follow the agent, as followers are known at the authority.
struct FeedClientConfig {
  std::string id;
  Secret secret;
};

// One feed, and all that its entries reach: an index of its own, and the issuers that this feed may
// revoke (its authority's, and the identity providers that are named here), no others.
struct AgentFeedConfig : FollowConfig {
  std::string label;  // feeds[].name: in health, metrics and the log; empty: the only one
  std::string index = "/dev/shm/rescind.index";
  std::int64_t max_entries = 268'435'456;
  std::vector<VerifiedIssuerConfig> trusted_issuers;  // whose keys are shared, too
  // The feed, served on to others, where there is anybody who may follow.
  std::string serve_listen = "127.0.0.1:8486";
  std::string serve_certificate;  // PEM files; both or neither
  std::string serve_key;
  std::vector<FeedClientConfig> serve_clients;
  bool serve_open = false;
  std::uint64_t serve_memory = std::uint64_t{64} << 20U;
  Milliseconds serve_retention{3'600'000};
};

struct AgentConfig {
  std::int64_t version = 1;
  std::string admin_listen = "127.0.0.1:8485";
  std::string group;      // whose members may read the indexes; empty: the agent's user alone
  AgentFeedConfig alone;  // as it stands in the file where there is no `feeds`
  std::vector<AgentFeedConfig> feeds;  // complete: all of them, also the one that is alone
  std::string log_format = "text";
  std::string log_level = "info";
};

void describe(daemon::Schema& schema, AgentConfig& config);
// kInvalid; what is wrong with one of several feeds, or between two, names them.
Result<void> complete(AgentConfig& config);

bool serves_feed(const AgentFeedConfig& feed);
// "feed 'eu': ", or nothing where it is alone.
std::string prefix_of(const AgentFeedConfig& feed);
// Looks the group up, reads the files that are named. kInvalid, kNotFound. The configuration is
// complete.
Result<agent::Agent::Options> agent_options_of(const AgentFeedConfig& feed,
                                               const std::string& group);

}  // namespace rescind::cli

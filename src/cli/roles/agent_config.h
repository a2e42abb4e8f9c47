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

struct AgentConfig : FollowConfig {
  std::int64_t version = 1;
  std::string admin_listen = "127.0.0.1:8485";
  std::string index = "/dev/shm/rescind.index";
  std::string group;  // whose members may read it; empty: the agent's user alone
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
  std::string log_format = "text";
  std::string log_level = "info";
};

void describe(daemon::Schema& schema, AgentConfig& config);
bool serves_feed(const AgentConfig& config);
Result<void> complete(AgentConfig& config);

// Looks the group up, reads the files that are named. kInvalid, kNotFound. The configuration is
// complete.
Result<agent::Agent::Options> agent_options_of(const AgentConfig& config);

}  // namespace rescind::cli

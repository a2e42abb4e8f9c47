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

struct AgentConfig : FollowConfig {
  std::int64_t version = 1;
  std::string admin_listen = "127.0.0.1:8485";
  std::string index = "/dev/shm/rescind.index";
  std::string group;  // whose members may read it; empty: the agent's user alone
  std::int64_t max_entries = 268'435'456;
  std::vector<VerifiedIssuerConfig> trusted_issuers;  // whose keys are shared, too
  std::string log_format = "text";
  std::string log_level = "info";
};

void describe(daemon::Schema& schema, AgentConfig& config);
Result<void> complete(AgentConfig& config);

// Looks the group up, reads the files that are named. kInvalid, kNotFound. The configuration is
// complete.
Result<agent::Agent::Options> agent_options_of(const AgentConfig& config);

}  // namespace rescind::cli

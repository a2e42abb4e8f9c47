#include "cli/commands/commands.h"
#include "cli/roles/agent.h"
#include "cli/roles/authority.h"
#include "cli/roles/authz.h"
#include "cli/roles/denylist.h"

namespace rescind::cli {

std::vector<Command> role_commands() {
  const Option check{.name = "--check", .value = "", .help = "check the configuration and end"};
  std::vector<Command> all = {
      {.words = {"authority"},
       .summary = "signs users in, issues and revokes, publishes the feed",
       .positionals = {},
       .options = {check},
       .run = run_authority},
      {.words = {"agent"},
       .summary = "follows the feed for all processes of a host, and shares what it knows",
       .positionals = {},
       .options = {check},
       .run = run_agent},
      {.words = {"authz"},
       .summary = "follows the feed and answers gateways (forward authentication)",
       .positionals = {},
       .options = {check},
       .run = run_authz}};
#ifdef RESCIND_WITH_REDIS
  all.push_back({.words = {"denylist"},
                 .summary = "follows the feed and keeps a denylist in Redis for who asks one",
                 .positionals = {},
                 .options = {check},
                 .run = run_denylist});
#endif
  return all;
}

}  // namespace rescind::cli

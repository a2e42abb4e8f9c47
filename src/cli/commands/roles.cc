#include "cli/commands/commands.h"
#include "cli/roles/authority.h"
#include "cli/roles/authz.h"

namespace rescind::cli {

std::vector<Command> role_commands() {
  const Option check{.name = "--check", .value = "", .help = "check the configuration and end"};
  return {{.words = {"authority"},
           .summary = "signs users in, issues and revokes, publishes the feed",
           .positionals = {},
           .options = {check},
           .run = run_authority},
          {.words = {"authz"},
           .summary = "follows the feed and answers gateways (forward authentication)",
           .positionals = {},
           .options = {check},
           .run = run_authz}};
}

}  // namespace rescind::cli

#include "cli/commands/commands.h"

#include <iterator>

namespace rescind::cli {

std::vector<Command> all_commands() {
  std::vector<Command> all;
  for (auto* group :
       {dev_commands, role_commands, sign_in_commands, revoke_commands, revocation_commands,
        token_commands, session_commands, user_commands, follower_commands, probe_commands,
        watch_commands, config_commands, feed_commands, doctor_commands, nginx_commands,
        request_key_commands, version_commands}) {
    std::vector<Command> commands = group();
    std::move(commands.begin(), commands.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace rescind::cli

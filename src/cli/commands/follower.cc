#include "cli/commands/commands.h"
#include "cli/credentials.h"
#include "cli/output.h"

namespace rescind::cli {
namespace {

Exit list(const Invocation& invocation) {
  auto authorization = client_authorization();
  if (!authorization) return report(authorization.error());
  const auto reply = call(invocation.globals,
                          {.path = "/v1/followers", .authorization = *std::move(authorization)});
  if (!reply) return report(reply.error());
  print_list(invocation.globals, *reply, "followers",
             {{"NAME", "name"},
              {"POSITION", "position"},
              {"BEHIND", "behind"},
              {"POLICY", "policy"},
              {"SILENT MS", "silent_ms"}});
  say(invocation.globals, "head " + reply->text("head"));
  return Exit::kOk;
}

}  // namespace

std::vector<Command> follower_commands() {
  return {{.words = {"follower", "ls"},
           .summary = "who follows, how far, and what it does when it hears nothing",
           .positionals = {},
           .options = {},
           .run = list}};
}

}  // namespace rescind::cli

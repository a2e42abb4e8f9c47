#include "cli/commands/commands.h"
#include "cli/credentials.h"
#include "cli/output.h"

namespace rescind::cli {
namespace {

Exit list(const Invocation& invocation) {
  auto authorization = client_authorization();
  if (!authorization) return report(authorization.error());
  const auto reply = call(invocation.globals,
                          {.path = "/v1/revocations", .authorization = *std::move(authorization)});
  if (!reply) return report(reply.error());
  print_list(invocation.globals, *reply, "revocations",
             {{"ID", "id"},
              {"AT", "at"},
              {"CLAIM", "claim"},
              {"VALUE", "value"},
              {"REASON", "reason"},
              {"BY", "actor"},
              {"NOTE", "note"}});
  return Exit::kOk;
}

Exit get(const Invocation& invocation) {
  const Globals& globals = invocation.globals;
  const auto authorization = client_authorization();
  if (!authorization) return report(authorization.error());
  const std::string path = "/v1/revocations/" + net::percent_encode(invocation.positional("ID"));
  const auto record = call(globals, {.path = path, .authorization = *authorization});
  if (!record) return report(record.error());
  print_object(globals, *record,
               {{"id", "id"},
                {"position", "position"},
                {"at", "at"},
                {"issuer", "issuer"},
                {"claim", "claim"},
                {"value", "value"},
                {"reason", "reason"},
                {"by", "actor"},
                {"note", "note"}});
  if (globals.output != Output::kTable) return Exit::kOk;
  const auto reach =
      call(globals, {.path = path + "/propagation", .authorization = *authorization});
  if (!reach) return report(reach.error());
  if (const auto propagation = reach->root().find("propagation")) {
    print_rows(globals, *propagation->find("followers"),
               {{"FOLLOWER", "name"}, {"STATE", "state"}, {"POSITION", "position"}});
  }
  return Exit::kOk;
}

}  // namespace

std::vector<Command> revocation_commands() {
  return {{.words = {"revocation", "ls"},
           .summary = "what was revoked, the newest first",
           .positionals = {},
           .options = {},
           .run = list},
          {.words = {"revocation", "get"},
           .summary = "one revocation, and who has applied it",
           .positionals = {{.name = "ID", .help = "as `revoke` says it"}},
           .options = {},
           .run = get}};
}

}  // namespace rescind::cli

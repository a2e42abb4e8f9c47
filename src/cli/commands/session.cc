#include "base/json.h"
#include "cli/commands/commands.h"
#include "cli/credentials.h"
#include "cli/output.h"

namespace rescind::cli {
namespace {

// Without --user the sessions of whoever is signed in; with it an administrator's look.
Exit list(const Invocation& invocation) {
  const Globals& globals = invocation.globals;
  const bool own = !invocation.has("--user");
  auto authorization = own ? user_authorization(globals) : client_authorization();
  if (!authorization) return report(authorization.error());
  const std::string path =
      own ? "/v1/me/sessions"
          : "/v1/sessions?" + net::encode_form({{"subject", invocation.option("--user")}});
  const auto reply = call(globals, {.path = path, .authorization = *std::move(authorization)});
  if (!reply) return report(reply.error());
  print_list(globals, *reply, "sessions",
             {{"ID", "id"},
              {"STATE", "state"},
              {"CREATED", "created"},
              {"EXPIRES", "expires"},
              {"CLIENT", "client_id"},
              {"FROM", "address"},
              {"USER AGENT", "user_agent"}});
  return Exit::kOk;
}

Exit end(const Invocation& invocation) {
  const Globals& globals = invocation.globals;
  auto authorization = user_authorization(globals);
  if (!authorization) return report(authorization.error());
  const auto reply =
      call(globals, {.method = net::Method::kDelete,
                     .path = "/v1/me/sessions/" + net::percent_encode(invocation.positional("SID")),
                     .authorization = *std::move(authorization)});
  if (!reply) return report(reply.error());
  say(globals, "ended " + printable(invocation.positional("SID")));
  return Exit::kOk;
}

}  // namespace

std::vector<Command> session_commands() {
  return {{.words = {"session", "ls"},
           .summary = "where one is signed in",
           .positionals = {},
           .options = {{.name = "--user",
                        .value = "ID",
                        .help = "of somebody else (a client's right)"}},
           .run = list},
          {.words = {"session", "end"},
           .summary = "end one of one's own sessions",
           .positionals = {{.name = "SID", .help = "the session's id"}},
           .options = {},
           .run = end}};
}

}  // namespace rescind::cli

#include "base/json.h"
#include "cli/commands/commands.h"
#include "cli/credentials.h"
#include "cli/input.h"
#include "cli/output.h"

namespace rescind::cli {
namespace {

const std::vector<Column> kPairColumns = {{"session", "session_id"},
                                          {"subject", "subject"},
                                          {"scope", "scope"},
                                          {"expires in", "expires_in"}};

Exit login(const Invocation& invocation) {
  const Globals& globals = invocation.globals;
  const auto password = ask_password("password of " + invocation.positional("NAME"));
  if (!password) return report(password.error());
  json::Writer w;
  w.object().member("username", std::string_view(invocation.positional("NAME")));
  w.member("password", password->expose());
  if (invocation.has("--scope")) {
    w.member("scope", std::string_view(invocation.option("--scope")));
  }
  w.end();
  const auto pair =
      call(globals, {.method = net::Method::kPost, .path = "/v1/login", .body = w.take()});
  if (!pair) return report(pair.error());
  if (const auto kept = keep_pair(globals, *pair); !kept) return report(kept.error());
  // The tokens themselves are kept, not shown.
  if (globals.output == Output::kTable) print_object(globals, *pair, kPairColumns);
  return Exit::kOk;
}

Exit refresh(const Invocation& invocation) {
  const auto credentials = refresh_credentials(invocation.globals);
  if (!credentials) return report(credentials.error());
  say(invocation.globals, "refreshed; session " + credentials->session_id);
  return Exit::kOk;
}

Exit logout(const Invocation& invocation) {
  const Globals& globals = invocation.globals;
  const auto authorization = user_authorization(globals);
  if (!authorization) return report(authorization.error());
  const std::string scope = invocation.has("--all")      ? "all"
                            : invocation.has("--others") ? "others"
                                                         : "session";
  json::Writer w;
  w.object().member("scope", std::string_view(scope)).end();
  const auto reply = call(globals, {.method = net::Method::kPost,
                                    .path = "/v1/logout",
                                    .body = w.take(),
                                    .authorization = *authorization});
  if (!reply) return report(reply.error());
  if (scope != "others") forget_credentials();
  say(globals, "signed out (" + scope + "), position " + reply->text("position"));
  return Exit::kOk;
}

Exit print_token(const Invocation& invocation) {
  const auto authorization = user_authorization(invocation.globals);
  if (!authorization) return report(authorization.error());
  std::printf("%s\n", authorization->c_str() + std::string_view("Bearer ").size());
  return Exit::kOk;
}

}  // namespace

std::vector<Command> sign_in_commands() {
  return {{.words = {"login"},
           .summary = "sign in; the password comes from the terminal or standard input",
           .positionals = {{.name = "NAME", .help = "the user's name"}},
           .options = {{.name = "--scope", .value = "SCOPE", .help = "what to ask for"}},
           .run = login},
          {.words = {"refresh"},
           .summary = "rotate the refresh token now",
           .positionals = {},
           .options = {},
           .run = refresh},
          {.words = {"logout"},
           .summary = "sign out of this session",
           .positionals = {},
           .options = {{.name = "--all", .value = "", .help = "of every session"},
                       {.name = "--others", .value = "", .help = "of every session but this one"}},
           .run = logout},
          {.words = {"token", "show"},
           .summary = "the access token of whoever is signed in",
           .positionals = {},
           .options = {},
           .run = print_token}};
}

}  // namespace rescind::cli

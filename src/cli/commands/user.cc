#include "base/json.h"
#include "cli/commands/commands.h"
#include "cli/credentials.h"
#include "cli/input.h"
#include "cli/output.h"

namespace rescind::cli {
namespace {

const std::vector<Column> kColumns = {{"ID", "id"},
                                      {"NAME", "username"},
                                      {"EMAIL", "email"},
                                      {"DISABLED", "disabled"},
                                      {"ADMINISTRATOR", "administrator"}};

Result<Reply> as_admin(const Invocation& invocation, Call request) {
  TRY_ASSIGN(request.authorization, client_authorization());
  return call(invocation.globals, std::move(request));
}

// The account of that name; people know names, the API ids.
Result<std::string> id_of(const Invocation& invocation) {
  const std::string& name = invocation.positional("NAME");
  TRY_ASSIGN(
      const Reply found,
      as_admin(invocation, {.path = "/v1/accounts?" + net::encode_form({{"username", name}})}));
  const auto accounts = found.root().find("accounts");
  const auto first = accounts ? accounts->first() : std::nullopt;
  if (!first) return fail(ErrorCode::kNotFound, "there is no user " + printable(name));
  return text_of(*first, "id");
}

Exit list(const Invocation& invocation) {
  const auto reply = as_admin(invocation, {.path = "/v1/accounts"});
  if (!reply) return report(reply.error());
  print_list(invocation.globals, *reply, "accounts", kColumns);
  return Exit::kOk;
}

Exit add(const Invocation& invocation) {
  const auto password = ask_password("password of the new user");
  if (!password) return report(password.error());
  json::Writer w;
  w.object().member("username", std::string_view(invocation.positional("NAME")));
  if (invocation.has("--email")) {
    w.member("email", std::string_view(invocation.option("--email")));
  }
  if (invocation.has("--administrator")) w.member("administrator", true);
  w.member("password", password->expose()).end();
  const auto reply = as_admin(
      invocation, {.method = net::Method::kPost, .path = "/v1/accounts", .body = w.take()});
  if (!reply) return report(reply.error());
  print_object(invocation.globals, *reply, {{"id", "id"}, {"name", "username"}});
  return Exit::kOk;
}

Exit change(const Invocation& invocation, const std::string& what, std::string body) {
  const auto id = id_of(invocation);
  if (!id) return report(id.error());
  const auto reply =
      as_admin(invocation, {.method = net::Method::kPost,
                            .path = "/v1/accounts/" + net::percent_encode(*id) + "/" + what,
                            .body = std::move(body)});
  if (!reply) return report(reply.error());
  print_object(invocation.globals, *reply,
               {{"id", "id"}, {"name", "username"}, {"disabled", "disabled"}});
  return Exit::kOk;
}

Exit disable(const Invocation& invocation) { return change(invocation, "disable", ""); }
Exit enable(const Invocation& invocation) { return change(invocation, "enable", ""); }

Exit set_password(const Invocation& invocation) {
  const auto password = ask_password("new password");
  if (!password) return report(password.error());
  json::Writer w;
  w.object().member("password", password->expose()).end();
  return change(invocation, "password", w.take());
}

}  // namespace

std::vector<Command> user_commands() {
  const std::vector<Positional> name = {{.name = "NAME", .help = "what the user types"}};
  return {{.words = {"user", "ls"},
           .summary = "the accounts",
           .positionals = {},
           .options = {},
           .run = list},
          {.words = {"user", "add"},
           .summary = "a new account; the password comes from the terminal or standard input",
           .positionals = name,
           .options = {{.name = "--email", .value = "ADDRESS", .help = "signed into its tokens"},
                       {.name = "--administrator", .value = "", .help = "may do everything"}},
           .run = add},
          {.words = {"user", "disable"},
           .summary = "no sign-in any more, and every token refused at once",
           .positionals = name,
           .options = {},
           .run = disable},
          {.words = {"user", "enable"},
           .summary = "may sign in again; old tokens stay refused",
           .positionals = name,
           .options = {},
           .run = enable},
          {.words = {"user", "password"},
           .summary = "a new password, and every token refused at once",
           .positionals = name,
           .options = {},
           .run = set_password}};
}

}  // namespace rescind::cli

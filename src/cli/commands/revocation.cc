#include <algorithm>
#include <cstdio>

#include "base/json.h"
#include "cli/commands/commands.h"
#include "cli/credentials.h"
#include "cli/output.h"
#include "cli/reach.h"
#include "cli/screen.h"

namespace rescind::cli {
namespace {

constexpr Milliseconds kLookEvery{200};

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

std::string path_of(const Invocation& invocation) {
  return "/v1/revocations/" + net::percent_encode(invocation.positional("ID"));
}

Result<Reply> propagation_of(const Invocation& invocation, const std::string& authorization) {
  return call(invocation.globals,
              {.path = path_of(invocation) + "/propagation", .authorization = authorization});
}

// What has changed since `before`, a line or an object each.
void print_changes(const Globals& globals, const Reach& before, const Reach& reach) {
  for (const FollowerReach& follower : reach.followers) {
    const auto known = std::ranges::find(before.followers, follower.name, &FollowerReach::name);
    if (known != before.followers.end() && known->state == follower.state) continue;
    if (globals.output == Output::kTable) {
      std::printf("%s\n", line_of(follower).c_str());
      continue;
    }
    json::Writer w;
    w.object().member("name", std::string_view(follower.name));
    w.member("state", std::string_view(follower.state));
    if (follower.after_ms) w.member("after_ms", *follower.after_ms);
    w.end();
    std::printf("%s\n", w.text().c_str());
  }
  std::fflush(stdout);
}

void print_end(const Globals& globals, const Reply& last, const Reach& reach) {
  if (globals.output == Output::kJson) {
    std::printf("%s\n", last.body().c_str());
  } else if (globals.output == Output::kJsonLines) {
    std::printf("{\"complete\":%s}\n", reach.complete ? "true" : "false");
  }
}

// Until all have applied it or refuse by themselves, for --timeout at most.
Exit watch(const Invocation& invocation, const std::string& authorization) {
  const Globals& globals = invocation.globals;
  const SystemClock clock;
  const BootTime end = clock.now().boot + globals.timeout;
  Screen screen;
  const bool redrawn = globals.output == Output::kTable && screen.is_terminal();
  Reach before;
  for (;;) {
    const auto reply = propagation_of(invocation, authorization);
    if (!reply) return report(reply.error());
    const auto reach = reach_of(*reply);
    if (!reach) return report(Exit::kUnexpected, "the authority's answer names no followers");
    if (redrawn) {
      screen.show(lines_of(*reach));
    } else if (globals.output != Output::kJson) {
      print_changes(globals, before, *reach);
    }
    if (reach->complete || clock.now().boot >= end) {
      if (!redrawn) print_end(globals, *reply, *reach);
      return report_reach(*reach);
    }
    before = *reach;
    pause_for(kLookEvery);
  }
}

Exit get(const Invocation& invocation) {
  const Globals& globals = invocation.globals;
  const auto authorization = client_authorization();
  if (!authorization) return report(authorization.error());
  if (invocation.has("--watch")) return watch(invocation, *authorization);
  const auto record = call(globals, {.path = path_of(invocation), .authorization = *authorization});
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
  const auto reply = propagation_of(invocation, *authorization);
  if (!reply) return report(reply.error());
  if (const auto reach = reach_of(*reply)) print_lines(lines_of(*reach));
  return Exit::kOk;
}

}  // namespace

std::vector<Command> revocation_commands() {
  return {
      {.words = {"revocation", "ls"},
       .summary = "what was revoked, the newest first",
       .positionals = {},
       .options = {},
       .run = list},
      {.words = {"revocation", "get"},
       .summary = "one revocation, and who has applied it",
       .positionals = {{.name = "ID", .help = "as `revoke` says it"}},
       .options = {{.name = "--watch",
                    .value = "",
                    .help = "until all have applied it, for --timeout at most (exit 8: not all, "
                            "or no follower is known)"}},
       .run = get}};
}

}  // namespace rescind::cli

#include <cstdio>

#include "base/json.h"
#include "cli/commands/commands.h"
#include "cli/output.h"
#include "cli/roles/authority_config.h"
#include "cli/roles/broker_side.h"
#include "cli/roles/process.h"
#include "cli/roles/registry.h"

namespace rescind::cli {
namespace {

struct Plan {
  std::string transport;
  std::vector<std::string> commands;
};

Result<std::vector<Plan>> plans(const Invocation& invocation) {
  AuthorityConfig config;
  daemon::Schema schema;
  describe(schema, config);
  TRY(load_settings(schema, invocation));
  TRY(complete(config));
  const transport::Registry registry = all_adapters();
  std::vector<Plan> all;
  for (const std::string& url : config.transports) {
    transport::FeedAccess access;
    access.url = url;
    access.feed = config.authority.feed;
    access.retention = config.retention;
    TRY_ASSIGN(std::vector<std::string> commands, registry.plan(access));
    all.push_back({without_secrets(url), std::move(commands)});
  }
  return all;
}

void print_json(const std::vector<Plan>& all) {
  json::Writer out;
  out.object().name("transports").array();
  for (const Plan& plan : all) {
    out.object().member("transport", std::string_view(plan.transport)).name("commands").array();
    for (const std::string& command : plan.commands) out.value(std::string_view(command));
    out.end().end();
  }
  out.end().end();
  std::printf("%s\n", out.text().c_str());
}

Exit plan(const Invocation& invocation) {
  const auto all = plans(invocation);
  if (!all) return report(Exit::kConfiguration, all.error().message);
  if (invocation.globals.output != Output::kTable) {
    print_json(*all);
    return Exit::kOk;
  }
  for (const Plan& one : *all) {
    std::printf("# %s\n", one.transport.c_str());
    for (const std::string& command : one.commands) std::printf("%s\n", command.c_str());
  }
  if (all->empty()) say(invocation.globals, "feed.transports names no broker: nothing to create");
  return Exit::kOk;
}

}  // namespace

std::vector<Command> feed_commands() {
  return {{.words = {"feed", "plan"},
           .summary = "what to create at each broker of feed.transports, as commands for its tools",
           .positionals = {},
           .options = {},
           .run = plan}};
}

}  // namespace rescind::cli

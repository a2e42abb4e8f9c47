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
  std::string broker;
  std::vector<std::string> commands;
};
struct Plans {
  std::vector<Plan> transports;
  std::vector<Plan> requests;
};

Result<Plans> plans(const Invocation& invocation) {
  AuthorityConfig config;
  daemon::Schema schema;
  describe(schema, config);
  TRY(load_settings(schema, invocation));
  TRY(complete(config));
  const transport::Registry registry = all_adapters();
  Plans all;
  for (const std::string& url : config.transports) {
    TRY_ASSIGN(auto commands, registry.plan(access_of(config, url)));
    all.transports.push_back({without_secrets(url), std::move(commands)});
  }
  for (const std::string& url : config.requests) {
    TRY_ASSIGN(auto commands, registry.plan_requests(access_of(config, url)));
    all.requests.push_back({without_secrets(url), std::move(commands)});
  }
  return all;
}

void write(json::Writer& out, const char* name, const std::vector<Plan>& all) {
  out.name(name).array();
  for (const Plan& plan : all) {
    out.object().member("transport", std::string_view(plan.broker)).name("commands").array();
    for (const std::string& command : plan.commands) out.value(std::string_view(command));
    out.end().end();
  }
  out.end();
}

void print(const std::vector<Plan>& all, const char* what) {
  for (const Plan& one : all) {
    std::printf("# %s%s\n", one.broker.c_str(), what);
    for (const std::string& command : one.commands) std::printf("%s\n", command.c_str());
  }
}

Exit plan(const Invocation& invocation) {
  const auto all = plans(invocation);
  if (!all) return report(Exit::kConfiguration, all.error().message);
  if (invocation.globals.output != Output::kTable) {
    json::Writer out;
    out.object();
    write(out, "transports", all->transports);
    write(out, "requests", all->requests);
    out.end();
    std::printf("%s\n", out.text().c_str());
    return Exit::kOk;
  }
  print(all->transports, "");
  print(all->requests, ", for signed requests");
  if (all->transports.empty() && all->requests.empty()) {
    say(invocation.globals, "feed.transports and feed.requests name no broker: nothing to create");
  }
  return Exit::kOk;
}

}  // namespace

std::vector<Command> feed_commands() {
  return {{.words = {"feed", "plan"},
           .summary =
               "what to create at each broker of feed.transports and feed.requests, as commands "
               "for its tools",
           .positionals = {},
           .options = {},
           .run = plan}};
}

}  // namespace rescind::cli

#include "cli/roles/agent.h"

#include "cli/roles/agent_config.h"
#include "cli/roles/agent_feed.h"
#include "cli/roles/process.h"
#include "cli/roles/registry.h"
#include "issuer/http_get.h"

namespace rescind::cli {
namespace {

class AgentRole {
 public:
  // The configuration is complete.
  AgentRole(const AgentConfig& config, net::Loop& loop, const Clock& clock, daemon::LogSink& log);

  // Finds what is wrong with the settings, and touches nothing.
  Result<void> check() const;
  // All of the feeds or none: nothing that readers find is replaced before the loop runs.
  Result<void> start();
  // Those that others than the administrator reach.
  std::vector<net::Server*> servers() const;
  void renew_certificates();
  // Ends streams and polls, which would else be waited for.
  void let_followers_go();
  daemon::Health& health() { return health_; }
  daemon::Metrics& metrics() { return metrics_; }

 private:
  SystemRandom random_;
  daemon::Health health_;
  daemon::Metrics metrics_;
  transport::Registry registry_ = all_adapters();
  issuer::GetFor get_for_;
  std::vector<std::unique_ptr<AgentFeed>> feeds_;
  std::shared_ptr<void> collector_;
};

AgentRole::AgentRole(const AgentConfig& config, net::Loop& loop, const Clock& clock,
                     daemon::LogSink& log)
    : get_for_(issuer::http_get_on(loop)) {
  const AgentFeed::Surroundings surroundings{.registry = registry_,
                                             .get_for = get_for_,
                                             .loop = loop,
                                             .clock = clock,
                                             .random = random_,
                                             .log = log,
                                             .health = health_};
  for (const AgentFeedConfig& feed : config.feeds) {
    feeds_.push_back(std::make_unique<AgentFeed>(feed, config.group, surroundings));
  }
}

Result<void> AgentRole::check() const {
  for (const auto& feed : feeds_) TRY(feed->check());
  return {};
}

Result<void> AgentRole::start() {
  TRY(check());
  for (const auto& feed : feeds_) TRY(feed->start());
  collector_ = metrics_.collect([this](daemon::Samples& samples) {
    for (const auto& feed : feeds_) feed->expose(samples);
  });
  return {};
}

std::vector<net::Server*> AgentRole::servers() const {
  std::vector<net::Server*> servers;
  for (const auto& feed : feeds_) {
    if (feed->server() != nullptr) servers.push_back(feed->server());
  }
  return servers;
}

void AgentRole::renew_certificates() {
  for (const auto& feed : feeds_) feed->renew_certificate();
}

void AgentRole::let_followers_go() {
  for (const auto& feed : feeds_) feed->let_followers_go();
}

Result<void> run(const Invocation& invocation) {
  AgentConfig config;
  daemon::Schema schema;
  describe(schema, config);
  TRY(load_settings(schema, invocation));
  TRY(complete(config));
  TRY_ASSIGN(const ListenAddress admin, parse_listen(config.admin_listen));
  const SystemClock clock;
  daemon::LogSink log(log_options(config.log_format, config.log_level), clock);
  net::Loop loop;
  AgentRole agent(config, loop, clock, log);
  if (invocation.has("--check")) return agent.check();
  TRY(agent.start());
  RoleProcess process(loop, agent.health(), agent.metrics(), log);
  TRY(process.listen(admin, agent.servers()));
  const auto reload = reload_of<AgentConfig>(invocation, log);
  process.run({.reload =
                   [&] {
                     reload();
                     agent.renew_certificates();
                   },
               .before_drain = [&agent] { agent.let_followers_go(); }});
  return {};
}

}  // namespace

Exit run_agent(const Invocation& invocation) { return exit_of(run(invocation)); }

}  // namespace rescind::cli

#include "cli/roles/agent.h"

#include "cli/roles/agent_config.h"
#include "cli/roles/agent_feed.h"
#include "cli/roles/process.h"
#include "cli/roles/registry.h"
#include "issuer/http_get.h"

namespace rescind::cli {
namespace {

class AgentRole final : public Role {
 public:
  // The configuration is complete.
  AgentRole(const AgentConfig& config, net::Loop& loop, const Clock& clock, daemon::LogSink& log);

  Result<void> check() override;
  // All of the feeds or none: nothing that readers find is replaced before the loop runs.
  Result<void> start() override;
  std::vector<net::Server*> servers() override;
  void reload() override;
  void before_drain() override;

 private:
  SystemRandom random_;
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

Result<void> AgentRole::check() {
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

std::vector<net::Server*> AgentRole::servers() {
  std::vector<net::Server*> servers;
  for (const auto& feed : feeds_) {
    if (feed->server() != nullptr) servers.push_back(feed->server());
  }
  return servers;
}

void AgentRole::reload() {
  for (const auto& feed : feeds_) feed->renew_certificate();
}

void AgentRole::before_drain() {
  for (const auto& feed : feeds_) feed->let_followers_go();
}

}  // namespace

Exit run_agent(const Invocation& invocation) {
  return exit_of(run_role<AgentConfig, AgentRole>(invocation));
}

}  // namespace rescind::cli

#include "cli/roles/agent.h"

#include "cli/roles/agent_config.h"
#include "cli/roles/follow_samples.h"
#include "cli/roles/process.h"
#include "cli/roles/registry.h"
#include "issuer/http_get.h"

namespace rescind::cli {
namespace {

class AgentRole {
 public:
  AgentRole(AgentConfig config, net::Loop& loop, const Clock& clock, Log& log)
      : config_(std::move(config)), loop_(loop), clock_(clock), log_(log) {}

  // Finds what is wrong with the settings, and touches nothing.
  Result<void> check();
  Result<void> start();
  daemon::Health& health() { return health_; }
  daemon::Metrics& metrics() { return metrics_; }

 private:
  std::string feed_problem() const;
  void look_at_health();
  void expose();

  AgentConfig config_;
  net::Loop& loop_;
  const Clock& clock_;
  Log& log_;
  SystemRandom random_;
  daemon::Health health_;
  daemon::Metrics metrics_;
  transport::Registry registry_ = all_adapters();
  issuer::GetFor get_for_ = issuer::http_get_on(loop_);
  std::unique_ptr<net::Client> client_;
  std::unique_ptr<agent::Agent> agent_;
  std::unique_ptr<net::LoopStepper> health_stepper_;
  std::shared_ptr<void> collector_;
};

Result<void> AgentRole::check() {
  TRY_ASSIGN(agent::Agent::Options options, agent_options_of(config_));
  TRY(transport::checked(options.following.access));
  TRY(issuer::Issuers::open(options.issuers, get_for_, {}, random_, log_));
  return {};
}

Result<void> AgentRole::start() {
  health_.require("feed", "not caught up yet");
  health_.require("index", "not published yet");
  health_.require("keys", "no keys of the authority yet");
  TRY_ASSIGN(agent::Agent::Options options, agent_options_of(config_));
  client_ =
      std::make_unique<net::Client>(loop_, net::ClientOptions{.tls = options.following.access.tls});
  TRY_ASSIGN(agent_, agent::Agent::start(std::move(options), {.registry = registry_,
                                                              .get_for = get_for_,
                                                              .loop = loop_,
                                                              .client = *client_,
                                                              .clock = clock_,
                                                              .random = random_,
                                                              .log = log_}));
  health_stepper_ = std::make_unique<net::LoopStepper>(loop_, clock_, [this](Now now) {
    look_at_health();
    return now.boot + Milliseconds(20);
  });
  expose();
  return {};
}

std::string AgentRole::feed_problem() const {
  const feed::Follower* follower = agent_->follower();
  if (follower == nullptr) return "no keys of the feed yet";
  if (follower->staleness(clock_.now()) <= config_.max_staleness) return "";
  return "stale: the feed is not followed";
}

void AgentRole::look_at_health() {
  const auto set = [this](std::string_view name, const std::string& problem) {
    health_.set(name, problem.empty(), problem);
  };
  const agent::HostIndex& index = agent_->index();
  set("feed", feed_problem());
  set("keys", missing_keys(agent_->issuers()));
  set("index",
      index.problem().empty() && !index.published() ? "not published yet" : index.problem());
}

void AgentRole::expose() {
  collector_ = metrics_.collect([this](daemon::Samples& samples) {
    expose_index(samples, agent_->index().index());
    expose_issuers(samples, agent_->issuers());
    expose_follower(samples, agent_->follower(), clock_.now());
    samples.gauge({"rescind_index_published", "1: new readers find this process's index."}, {},
                  agent_->index().published() && agent_->index().problem().empty() ? 1 : 0);
  });
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
  AgentRole agent(std::move(config), loop, clock, log);
  if (invocation.has("--check")) return agent.check();
  TRY(agent.start());
  RoleProcess process(loop, agent.health(), agent.metrics(), log);
  TRY(process.listen(admin, {}));
  process.run({.reload = reload_of<AgentConfig>(invocation, log)});
  return {};
}

}  // namespace

Exit run_agent(const Invocation& invocation) { return exit_of(run(invocation)); }

}  // namespace rescind::cli

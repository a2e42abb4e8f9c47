#include "cli/roles/agent.h"

#include "cli/roles/agent_config.h"
#include "cli/roles/follow_samples.h"
#include "cli/roles/process.h"
#include "cli/roles/registry.h"
#include "issuer/http_get.h"
#include "transport/limits.h"

namespace rescind::cli {
namespace {

class AgentRole {
 public:
  AgentRole(AgentConfig config, net::Loop& loop, const Clock& clock, Log& log)
      : config_(std::move(config)), loop_(loop), clock_(clock), log_(log) {}

  // Finds what is wrong with the settings, and touches nothing.
  Result<void> check();
  Result<void> start();
  // Those that others than the administrator reach.
  std::vector<net::Server*> servers() const;
  // Reads the certificate's files anew, for new connections.
  void renew_certificate();
  // Ends streams and polls, which would else be waited for.
  void let_followers_go();
  daemon::Health& health() { return health_; }
  daemon::Metrics& metrics() { return metrics_; }

 private:
  Result<void> serve_feed();
  Result<std::shared_ptr<const net::TlsContext>> open_tls() const;
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
  std::unique_ptr<net::Server> feed_server_;  // where the feed is served on
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
  if (agent_->served() != nullptr) TRY(serve_feed());
  health_stepper_ = std::make_unique<net::LoopStepper>(loop_, clock_, [this](Now now) {
    look_at_health();
    return now.boot + Milliseconds(20);
  });
  expose();
  return {};
}

Result<std::shared_ptr<const net::TlsContext>> AgentRole::open_tls() const {
  TRY_ASSIGN(const std::string chain, read_text_file(config_.serve_certificate));
  TRY_ASSIGN(std::string key, read_text_file(config_.serve_key));
  return net::TlsContext::for_server(chain, Secret(std::move(key)));
}

Result<void> AgentRole::serve_feed() {
  TRY_ASSIGN(const ListenAddress listen, parse_listen(config_.serve_listen));
  net::ServerOptions options;
  options.address = listen.host;
  options.port = listen.port;
  options.body_limit = [](const net::Request& request) {
    return request.path == "/v1/feed/lost" ? transport::kMaxPollBytes : transport::kMaxReportBytes;
  };
  if (!config_.serve_certificate.empty()) {
    TRY_ASSIGN(options.tls, open_tls());
  }
  TRY_ASSIGN(feed_server_, net::Server::open({&loop_}, options, agent_->served()->handler()));
  return {};
}

std::vector<net::Server*> AgentRole::servers() const {
  if (!feed_server_) return {};
  return {feed_server_.get()};
}

void AgentRole::let_followers_go() {
  if (agent_->served() != nullptr) agent_->served()->close();
}

void AgentRole::renew_certificate() {
  if (!feed_server_ || config_.serve_certificate.empty()) return;
  auto tls = open_tls();
  if (!tls) return log_.error("certificate not renewed", {{"why", tls.error().message}});
  feed_server_->replace_tls(*std::move(tls));
  log_.info("certificate renewed");
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

void expose_served(daemon::Samples& samples, const agent::ServedFeed::Counters& served) {
  samples.gauge({"rescind_served_streams", "Followers that this agent streams to now."}, {},
                static_cast<double>(served.server.streams));
  samples.gauge({"rescind_served_polls", "Followers that wait in a long poll now."}, {},
                static_cast<double>(served.server.polls));
  samples.gauge({"rescind_served_followers", "Followers whose receipts are passed on."}, {},
                static_cast<double>(served.followers));
  samples.gauge({"rescind_served_batches", "Batches kept for followers."}, {},
                static_cast<double>(served.batches));
  samples.gauge({"rescind_served_bytes", "Memory that those take."}, {},
                static_cast<double>(served.bytes));
}

void AgentRole::expose() {
  collector_ = metrics_.collect([this](daemon::Samples& samples) {
    expose_index(samples, agent_->index().index());
    expose_issuers(samples, agent_->issuers());
    expose_follower(samples, agent_->follower(), clock_.now());
    samples.gauge({"rescind_index_published", "1: new readers find this process's index."}, {},
                  agent_->index().published() && agent_->index().problem().empty() ? 1 : 0);
    if (agent_->served() != nullptr) expose_served(samples, agent_->served()->counters());
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
  TRY(process.listen(admin, agent.servers()));
  const auto reload = reload_of<AgentConfig>(invocation, log);
  process.run({.reload =
                   [&] {
                     reload();
                     agent.renew_certificate();
                   },
               .before_drain = [&agent] { agent.let_followers_go(); }});
  return {};
}

}  // namespace

Exit run_agent(const Invocation& invocation) { return exit_of(run(invocation)); }

}  // namespace rescind::cli

#include "cli/roles/agent_feed.h"

#include <optional>
#include <utility>

#include "cli/roles/follow_samples.h"
#include "cli/roles/process.h"
#include "transport/feed_body_limit.h"

namespace rescind::cli {
namespace {

constexpr Milliseconds kLookAtHealth{20};

// Passes samples on with the name of the feed that they are of.
class SamplesOfFeed final : public daemon::Samples {
 public:
  SamplesOfFeed(daemon::Samples& samples, const std::string& feed)
      : samples_(samples), feed_(feed) {}

  void counter(const daemon::MetricName& metric, const daemon::Labels& labels,
               double value) override {
    samples_.counter(metric, with_feed(labels), value);
  }
  void gauge(const daemon::MetricName& metric, const daemon::Labels& labels,
             double value) override {
    samples_.gauge(metric, with_feed(labels), value);
  }

 private:
  daemon::Labels with_feed(daemon::Labels labels) const {
    labels.emplace("feed", feed_);
    return labels;
  }

  daemon::Samples& samples_;
  const std::string& feed_;
};

void expose_served(daemon::Samples& samples, const agent::ServedFeed::Counters& served) {
  samples.gauge({"rescind_served_streams", "Followers that this agent streams to now."}, {},
                static_cast<double>(served.server.streams + served.server.sockets));
  samples.gauge({"rescind_served_polls", "Followers that wait in a long poll now."}, {},
                static_cast<double>(served.server.polls));
  samples.gauge({"rescind_served_followers", "Followers whose receipts are passed on."}, {},
                static_cast<double>(served.followers));
  samples.gauge({"rescind_served_batches", "Batches kept for followers."}, {},
                static_cast<double>(served.batches));
  samples.gauge({"rescind_served_bytes", "Memory that those take."}, {},
                static_cast<double>(served.bytes));
}

std::optional<LogField> named(const std::string& label) {
  if (label.empty()) return std::nullopt;
  return LogField{"feed", label};
}

}  // namespace

AgentFeed::AgentFeed(AgentFeedConfig config, std::string group, const Surroundings& surroundings)
    : config_(std::move(config)),
      group_(std::move(group)),
      of_(surroundings),
      log_(of_.log, named(config_.label)) {}

Result<void> AgentFeed::with_name(Result<void> done) const {
  if (done) return done;
  return fail(done.error().code, prefix_of(config_) + done.error().message);
}

Result<void> AgentFeed::check() const { return with_name(check_settings()); }

Result<void> AgentFeed::start() { return with_name(start_agent()); }

Result<void> AgentFeed::check_settings() const {
  TRY_ASSIGN(agent::Agent::Options options, agent_options_of(config_, group_));
  TRY(transport::checked(options.following.access));
  TRY(issuer::Issuers::open(options.issuers, of_.get_for, {}, of_.random, of_.log));
  return {};
}

std::string AgentFeed::condition(std::string_view name) const {
  return std::string(name) + (config_.label.empty() ? "" : ":" + config_.label);
}

Result<void> AgentFeed::start_agent() {
  of_.health.require(condition("feed"), "not caught up yet");
  of_.health.require(condition("index"), "not published yet");
  of_.health.require(condition("keys"), "no keys of the authority yet");
  TRY_ASSIGN(agent::Agent::Options options, agent_options_of(config_, group_));
  client_ = std::make_unique<net::Client>(of_.loop,
                                          net::ClientOptions{.tls = options.following.access.tls});
  TRY_ASSIGN(agent_, agent::Agent::start(std::move(options), {.registry = of_.registry,
                                                              .get_for = of_.get_for,
                                                              .loop = of_.loop,
                                                              .client = *client_,
                                                              .clock = of_.clock,
                                                              .random = of_.random,
                                                              .log = log_}));
  if (agent_->served() != nullptr) TRY(serve_on());
  health_stepper_ = std::make_unique<net::LoopStepper>(of_.loop, of_.clock, [this](Now now) {
    look_at_health();
    return now.boot + kLookAtHealth;
  });
  return {};
}

// --- the feed, served on

Result<std::shared_ptr<const net::TlsContext>> AgentFeed::open_tls() const {
  TRY_ASSIGN(const std::string chain, read_text_file(config_.serve_certificate));
  TRY_ASSIGN(std::string key, read_text_file(config_.serve_key));
  return net::TlsContext::for_server(chain, Secret(std::move(key)));
}

Result<void> AgentFeed::serve_on() {
  TRY_ASSIGN(const ListenAddress listen, parse_listen(config_.serve_listen));
  net::ServerOptions options;
  options.address = listen.host;
  options.port = listen.port;
  options.body_limit = [this](const net::Request& request) {
    return transport::feed_body_limit(request, [this](const net::Request& asking) {
      return agent_->served()->may_follow(asking);
    });
  };
  if (!config_.serve_certificate.empty()) {
    TRY_ASSIGN(options.tls, open_tls());
  }
  TRY_ASSIGN(server_, net::Server::open({&of_.loop}, options, agent_->served()->handler()));
  log_.info("the feed is served on", {{"port", server_->port()}});
  return {};
}

void AgentFeed::let_followers_go() {
  if (agent_->served() != nullptr) agent_->served()->close();
}

void AgentFeed::renew_certificate() {
  if (!server_ || config_.serve_certificate.empty()) return;
  auto tls = open_tls();
  if (!tls) return log_.error("certificate not renewed", {{"why", tls.error().message}});
  server_->replace_tls(*std::move(tls));
  log_.info("certificate renewed");
}

// --- what it shows of itself

std::string AgentFeed::feed_problem() const {
  const feed::Follower* follower = agent_->follower();
  if (follower == nullptr) return "no keys of the feed yet";
  if (follower->staleness(of_.clock.now()) <= config_.max_staleness) return "";
  return "stale: the feed is not followed";
}

void AgentFeed::look_at_health() {
  const auto set = [this](std::string_view name, const std::string& problem) {
    of_.health.set(condition(name), problem.empty(), problem);
  };
  const agent::HostIndex& index = agent_->index();
  set("feed", feed_problem());
  set("keys", missing_keys(agent_->issuers()));
  set("index",
      index.problem().empty() && !index.published() ? "not published yet" : index.problem());
}

void AgentFeed::expose(daemon::Samples& samples) const {
  if (config_.label.empty()) return expose_all(samples);
  SamplesOfFeed of_feed(samples, config_.label);
  expose_all(of_feed);
}

void AgentFeed::expose_all(daemon::Samples& samples) const {
  expose_index(samples, agent_->index().index());
  expose_issuers(samples, agent_->issuers());
  expose_follower(samples, agent_->follower(), of_.clock.now());
  samples.gauge({"rescind_index_published", "1: new readers find this process's index."}, {},
                agent_->index().published() && agent_->index().problem().empty() ? 1 : 0);
  if (agent_->served() != nullptr) expose_served(samples, agent_->served()->counters());
}

}  // namespace rescind::cli

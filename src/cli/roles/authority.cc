#include "cli/roles/authority.h"

#include <map>

#include "authority/authority.h"
#include "cli/roles/authority_config.h"
#include "cli/roles/broker_side.h"
#include "cli/roles/feed_side.h"
#include "cli/roles/lost_batches.h"
#include "cli/roles/process.h"
#include "cli/roles/registry.h"
#include "cli/roles/request_side.h"
#include "store/migrations.h"
#include "store/sqlite.h"
#include "store/store_lease.h"
#include "transport/feed_body_limit.h"

namespace rescind::cli {
namespace {

class AuthorityRole final : public Role {
 public:
  AuthorityRole(AuthorityConfig config, net::Loop& loop, const Clock& clock, Log& log)
      : config_(std::move(config)),
        loop_(loop),
        clock_(clock),
        log_(log),
        stepper_(loop, clock, [this](Now now) { return step(now); }),
        writer_(clock, [this](Now now) { return authority_->step_writer(now); }) {}
  ~AuthorityRole() override;

  Result<void> check() override { return {}; }
  Result<void> start() override;
  std::vector<net::Server*> servers() override { return {server_.get()}; }
  void reload() override;
  void before_drain() override { feed_->close(); }

 private:
  Result<void> serve();
  Result<std::unique_ptr<store::Database>> connect(bool read_only) const;
  Result<std::unique_ptr<feed::BatchLog>> open_log() const;
  Result<std::shared_ptr<const net::TlsContext>> open_tls() const;
  Result<void> open_keys();
  Result<void> open_authority();
  Result<void> open_feed();
  Result<void> open_brokers();
  Result<void> open_requests();
  void add_feed_routes();
  BootTime step(Now now);
  void measure_propagation();
  void expose_followers(daemon::Samples& samples) const;
  void expose();

  AuthorityConfig config_;
  net::Loop& loop_;
  const Clock& clock_;
  Log& log_;
  SystemRandom random_;
  std::shared_ptr<const jwt::SigningKey> feed_key_;
  std::shared_ptr<const authority::MasterKey> master_key_;
  // Before what wakes them from threads of its own, so that they outlive it.
  net::LoopStepper stepper_;
  net::ThreadStepper writer_;
  std::unique_ptr<authority::Authority> authority_;
  std::unique_ptr<FeedSide> feed_;
  std::vector<std::unique_ptr<BrokerSide>> brokers_;
  std::vector<std::unique_ptr<RequestSide>> requests_;
  LostBatches lost_batches_{log_, [this](std::vector<std::string> words) {
                              authority_->take_back(std::move(words), [](const Result<bool>&) {});
                            }};
  net::Router router_;
  std::unique_ptr<net::Server> server_;
  std::shared_ptr<void> collector_;
  transport::Registry adapters_ = all_adapters();
  std::map<std::string, daemon::Histogram> propagation_;  // by the road that a follower names
};

// Those who ask end before those who answer: requests, the publishers (whose leases the writer
// keeps), then the writer, then the feed.
AuthorityRole::~AuthorityRole() {
  collector_.reset();
  server_.reset();
  requests_.clear();
  for (const auto& broker : brokers_) broker->close();
  writer_.stop();
  brokers_.clear();
  feed_.reset();
  authority_.reset();
}

Result<std::unique_ptr<store::Database>> AuthorityRole::connect(bool read_only) const {
  store::SqliteOptions options;
  options.path = config_.store.substr(std::string_view("sqlite:").size());
  options.busy_timeout = Milliseconds(1'000);
  options.read_only = read_only;
  return store::open_sqlite(options);
}

Result<std::unique_ptr<feed::BatchLog>> AuthorityRole::open_log() const {
  TRY_ASSIGN(auto database, connect(true));
  return std::make_unique<store::StoreLog>(
      store::StoreLog::Options{.issuer = config_.authority.issuer, .feed = config_.authority.feed},
      std::move(database), feed_key_, clock_, authority_->committer().steady_time());
}

Result<void> AuthorityRole::start() {
  health_.require("authority");
  health_.require("feed", "no heartbeat sent yet");
  TRY(open_keys());
  TRY(open_authority());
  TRY(open_feed());
  return serve();
}

Result<void> AuthorityRole::open_keys() {
  TRY_ASSIGN(feed_key_, authority::open_feed_key(config_.feed_key_file));
  TRY_ASSIGN(authority::MasterKey master,
             authority::MasterKey::open(config_.master_key_file, random_));
  master_key_ = std::make_shared<const authority::MasterKey>(std::move(master));
  return {};
}

Result<void> AuthorityRole::open_authority() {
  TRY_ASSIGN(auto database, connect(false));
  TRY(store::migrate(*database));
  authority::Authority::Parts parts;
  parts.wake_writer = [this] { writer_.wake(); };
  store::Committer::Options options;
  options.issuer = config_.authority.issuer;
  options.feed = config_.authority.feed;
  options.retention = config_.retention;
  TRY_ASSIGN(parts.committer, store::Committer::open(options, std::move(database), feed_key_, log_,
                                                     clock_.now(), parts.wake_writer));
  parts.connect = [this] { return connect(true); };
  parts.feed_key = feed_key_;
  parts.master_key = master_key_;
  parts.post = [this](authority::Task task) { loop_.post(std::move(task)); };
  parts.wake = [this] { stepper_.wake(); };
  parts.cut_on_history_lost = config_.cut_on_history_lost;
  parts.take_back_within = config_.take_back_within;
  parts.ask_for_lost = [this](store::Position after) {
    loop_.post([this, after] { lost_batches_.ask(after); });
  };
  TRY_ASSIGN(authority_, authority::Authority::open(config_.authority, std::move(parts), clock_,
                                                    random_, log_));
  authority_->add_routes(router_);
  return {};
}

Result<void> AuthorityRole::open_feed() {
  FeedSide::Options options;
  options.issuer = config_.authority.issuer;
  options.feed = config_.authority.feed;
  options.heartbeat = config_.heartbeat;
  options.key = feed_key_;
  TRY_ASSIGN(options.log, open_log());
  TRY_ASSIGN(options.snapshot_log, open_log());
  options.receive = [this](feed::Report report, transport::FeedServer::Done done) {
    authority_->receive(std::move(report), std::move(done));
  };
  options.take_back = [this](std::vector<std::string> words, auto done) {
    authority_->take_back(std::move(words), std::move(done));
  };
  TRY_ASSIGN(feed_, FeedSide::start(std::move(options), clock_, random_, log_));
  authority_->committer().on_commit([this](const store::Committer::Commit&) {
    feed_->wake();
    for (const auto& broker : brokers_) broker->wake();
  });
  add_feed_routes();
  return {};
}

Result<void> AuthorityRole::open_brokers() {
  for (const std::string& url : config_.transports) {
    transport::FeedAccess broker_access;
    broker_access.url = url;
    broker_access.feed = config_.authority.feed;
    broker_access.retention = config_.retention;
    TRY(lost_batches_.add(adapters_, broker_access,
                          {.loop = loop_, .random = random_, .log = log_}));
    BrokerSide::Options options;
    options.url = url;
    options.retention = config_.retention;
    options.publisher.issuer = config_.authority.issuer;
    options.publisher.feed = config_.authority.feed;
    options.publisher.heartbeat = config_.heartbeat;
    options.publisher.snapshot_again = config_.retention / 2;
    options.key = feed_key_;
    TRY_ASSIGN(options.log, open_log());
    TRY_ASSIGN(auto broker,
               BrokerSide::start(std::move(options), adapters_, authority_->committer(), loop_,
                                 clock_, random_, log_));
    brokers_.push_back(std::move(broker));
  }
  return {};
}

Result<void> AuthorityRole::open_requests() {
  for (const std::string& url : config_.requests) {
    RequestSide::Options options;
    options.name = without_secrets(url) + std::string(transport::kRequestsSuffix);
    TRY_ASSIGN(options.topic, adapters_.requests(access_of(config_, url),
                                                 {.loop = loop_, .random = random_, .log = log_}));
    options.lease = std::make_unique<store::StoreLease>(
        store::StoreLease::Options{.transport = options.name, .node = random_.hex(8)},
        authority_->committer());
    options.take = [this](std::string jws, authority::RequestIntake::Done done) {
      authority_->take_request(std::move(jws), std::move(done));
    };
    requests_.push_back(std::make_unique<RequestSide>(std::move(options), log_));
  }
  return {};
}

// Followers are clients with the role `follow`; the feed's public keys are for everybody.
void AuthorityRole::add_feed_routes() {
  using net::Method;
  const auto guarded = authority_->for_followers(feed_->handler());
  router_.add(Method::kGet, "/v1/feed", guarded);
  router_.add(Method::kGet, "/v1/feed/snapshot", guarded);
  router_.add(Method::kGet, "/v1/feed/segments/{digest}", guarded);
  router_.add(Method::kPost, "/v1/feed/receipts", guarded);
  router_.add(Method::kPost, "/v1/feed/lost", guarded);
  router_.add(Method::kGet, "/v1/feed/keys",
              [handle = feed_->handler()](const net::Request& request, const net::PathParameters&,
                                          net::Responder responder) {
                handle(request, std::move(responder));
              });
}

Result<std::shared_ptr<const net::TlsContext>> AuthorityRole::open_tls() const {
  TRY_ASSIGN(const std::string chain, read_text_file(config_.tls_certificate));
  TRY_ASSIGN(std::string key, read_text_file(config_.tls_key));
  return net::TlsContext::for_server(chain, Secret(std::move(key)));
}

void AuthorityRole::reload() {
  if (config_.tls_certificate.empty()) return;
  auto tls = open_tls();
  if (!tls) return log_.error("certificate not renewed", {{"why", tls.error().message}});
  server_->replace_tls(*std::move(tls));
  log_.info("certificate renewed");
}

Result<void> AuthorityRole::serve() {
  TRY_ASSIGN(const ListenAddress listen, parse_listen(config_.public_listen));
  net::ServerOptions options;
  options.address = listen.host;
  options.port = listen.port;
  options.body_limit = [this](const net::Request& request) {
    if (!request.path.starts_with("/v1/feed/")) return router_.body_limit(request);
    return transport::feed_body_limit(
        request, [this](const net::Request& asking) { return authority_->may_follow(asking); });
  };
  if (!config_.tls_certificate.empty()) {
    TRY_ASSIGN(options.tls, open_tls());
  }
  TRY_ASSIGN(server_, net::Server::open({&loop_}, options, router_.handler()));
  TRY(open_brokers());
  writer_.start();
  TRY(open_requests());
  measure_propagation();
  expose();
  return {};
}

BootTime AuthorityRole::step(Now now) {
  const BootTime next = authority_->step(now);
  const std::string missing = authority_->why_not_ready();
  health_.set("authority", missing.empty(), missing);
  health_.set("feed", feed_->ready(), feed_->ready() ? "" : "no heartbeat sent yet");
  const bool ready = missing.empty() && feed_->ready();
  return std::min(next, now.boot + (ready ? Milliseconds(1'000) : Milliseconds(10)));
}

// A road is the follower's word: those that this program knows have a series, all others one.
void AuthorityRole::measure_propagation() {
  const auto histogram = [this](const std::string& road) {
    return metrics_.histogram(
        {"rescind_propagation_seconds", "From a commit to when a follower had applied it."},
        daemon::Metrics::seconds(), {{"transport", road}});
  };
  authority_->on_propagated(
      [this, histogram](std::string_view road, std::chrono::nanoseconds delay) {
        const bool known = road == feed::kFromOrigin || adapters_.knows(road);
        const std::string label(known ? road : "other");
        auto found = propagation_.find(label);
        if (found == propagation_.end())
          found = propagation_.emplace(label, histogram(label)).first;
        found->second.observe(std::chrono::duration<double>(delay).count());
      });
}

void AuthorityRole::expose_followers(daemon::Samples& samples) const {
  std::map<std::string_view, int> states;
  for (const char* state : {"current", "behind", "refusing", "asking", "silent"}) states[state] = 0;
  const store::Position head = authority_->committer().head();
  const BootTime now = clock_.now().boot;
  for (const auto& [name, follower] : authority_->followers().all()) {
    ++states[authority::Followers::describe(follower, head, now)];
  }
  for (const auto& [state, count] : states) {
    samples.gauge({"rescind_followers", "By what is known of them."},
                  {{"state", std::string(state)}}, count);
  }
}

void AuthorityRole::expose() {
  collector_ = metrics_.collect([this](daemon::Samples& samples) {
    const authority::Counters& counters = authority_->counters();
    const auto count = [&](const char* name, const char* label, const char* value,
                           const authority::Count& counter) {
      samples.counter({name, "Since the start."}, {{label, value}},
                      static_cast<double>(counter.value()));
    };
    count("rescind_logins_total", "result", "accepted", counters.logins_accepted);
    count("rescind_logins_total", "result", "refused", counters.logins_refused);
    count("rescind_logins_total", "result", "limited", counters.logins_limited);
    count("rescind_refresh_total", "result", "rotated", counters.refreshes_rotated);
    count("rescind_refresh_total", "result", "repeated", counters.refreshes_repeated);
    count("rescind_refresh_total", "result", "reused", counters.refreshes_reused);
    count("rescind_refresh_total", "result", "refused", counters.refreshes_refused);
    count("rescind_introspections_total", "result", "active", counters.introspections_active);
    count("rescind_introspections_total", "result", "inactive", counters.introspections_inactive);
    count("rescind_receipts_total", "result", "taken", counters.receipts);
    count("rescind_receipts_total", "result", "refused", counters.receipts_refused);
    samples.counter({"rescind_revocations_total", "Acts of revoking."}, {},
                    static_cast<double>(counters.revocations.value()));
    samples.counter({"rescind_tokens_issued_total", "Access tokens."}, {},
                    static_cast<double>(counters.tokens_issued.value()));
    samples.gauge({"rescind_feed_position", "Number of the last batch committed."}, {},
                  static_cast<double>(authority_->committer().head().number));
    expose_followers(samples);
    count("rescind_requests_total", "result", "committed", counters.requests_committed);
    count("rescind_requests_total", "result", "replayed", counters.requests_replayed);
    count("rescind_requests_total", "result", "refused", counters.requests_refused);
    for (const auto& one : requests_) one->expose(samples);
    for (const auto& broker : brokers_) {
      broker->expose(samples, authority_->committer().head());
    }
    const net::ServerCounters http = server_->counters();
    samples.counter({"rescind_http_requests_total", "Requests answered."}, {},
                    static_cast<double>(http.requests));
    samples.gauge({"rescind_http_connections", "Open now."}, {},
                  static_cast<double>(http.open_connections));
  });
}

}  // namespace

Exit run_authority(const Invocation& invocation) {
  return exit_of(run_role<AuthorityConfig, AuthorityRole>(invocation));
}

}  // namespace rescind::cli

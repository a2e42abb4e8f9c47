#include "cli/roles/authz.h"

#include "cli/roles/authz_config.h"
#include "cli/roles/denylist_access.h"
#include "cli/roles/follow_samples.h"
#include "cli/roles/process.h"
#include "cli/roles/registry.h"
#include "gateway/forward_auth/forward_auth.h"
#include "issuer/http_get.h"
#include "issuer/issuers.h"
#include "strategy/introspection.h"
#include "transport/following.h"
#include "verifier/verifier.h"

namespace rescind::cli {
namespace {

// A denylist's state, while somebody waits for a position.
constexpr Milliseconds kLookAgain{10};

class Authz final : public Role {
 public:
  Authz(AuthzConfig config, net::Loop& loop, const Clock& clock, Log& log)
      : config_(std::move(config)), loop_(loop), clock_(clock), log_(log) {}

  Result<void> check() override { return set_up(); }
  Result<void> start() override;
  std::vector<net::Server*> servers() override { return {server_.get()}; }

 private:
  // Everything that can be wrong with the settings is found here.
  Result<void> set_up();
  Result<void> serve();
  Result<void> open_client();
  Result<void> open_issuers();
  Result<void> follow();
  Result<void> ask_denylist();
  Result<void> answer();
  void wait_for_positions();
  void look_at_health();
  void expose();

  AuthzConfig config_;
  net::Loop& loop_;
  const Clock& clock_;
  Log& log_;
  SystemRandom random_;
  std::unique_ptr<net::Client> client_;
  std::unique_ptr<revocation::Index> index_;
  std::unique_ptr<issuer::Issuers> issuers_;
  std::unique_ptr<net::LoopStepper> issuers_stepper_;
  std::unique_ptr<verifier::Verifier> verifier_;
  // One of these two.
  std::unique_ptr<transport::Following> following_;
  std::unique_ptr<strategy::RevocationSource> denylist_;
  std::unique_ptr<strategy::Introspection> introspection_;
  std::unique_ptr<strategy::WithFallback> fallback_;
  std::unique_ptr<gateway::ForwardAuth> forward_auth_;
  std::unique_ptr<net::LoopStepper> waiting_stepper_;
  std::unique_ptr<net::Server> server_;
  std::unique_ptr<net::LoopStepper> health_stepper_;
  std::shared_ptr<void> collector_;
};

Result<void> Authz::start() {
  TRY(set_up());
  return serve();
}

Result<void> Authz::set_up() {
  health_.require("keys", "no keys of the authority yet");
  health_.require("feed", "not caught up yet");
  TRY(open_client());
  TRY_ASSIGN(index_, revocation::Index::create(random_, {}));
  TRY(open_issuers());
  verifier::Options options;
  options.leeway = std::chrono::duration_cast<std::chrono::seconds>(config_.leeway);
  options.max_staleness = config_.max_staleness;
  options.on_stale = config_.on_stale;
  options.max_token_lifetime =
      std::chrono::duration_cast<std::chrono::seconds>(config_.max_token_lifetime);
  options.failed_signatures_per_second = static_cast<std::uint32_t>(config_.failed_signatures);
  options.failed_signatures_burst = static_cast<std::uint32_t>(config_.failed_signatures_burst);
  options.entries_elsewhere = config_.asks_denylist;
  verifier_ =
      std::make_unique<verifier::Verifier>(options, index_->view(), issuers_->trusted(), random_);
  if (config_.asks_denylist) {
    TRY(ask_denylist());
  } else {
    TRY(follow());
  }
  return answer();
}

Result<void> Authz::open_client() {
  TRY_ASSIGN(const auto tls, tls_of(config_));
  client_ = std::make_unique<net::Client>(loop_, net::ClientOptions{.tls = tls});
  return {};
}

Result<void> Authz::open_issuers() {
  TRY_ASSIGN(std::vector<issuer::IssuerOptions> options, issuers_of(config_));
  issuer::Issuers::Callbacks callbacks;
  callbacks.on_change = [this](issuer::Issuers::Trusted trusted) {
    verifier_->set_issuers(std::move(trusted));
  };
  callbacks.wake = [this] { issuers_stepper_->wake(); };
  TRY_ASSIGN(issuers_, issuer::Issuers::open(options, issuer::http_get_on(loop_),
                                             std::move(callbacks), random_, log_));
  issuers_stepper_ = std::make_unique<net::LoopStepper>(
      loop_, clock_, [this](Now now) { return issuers_->step(now); });
  return {};
}

Result<void> Authz::follow() {
  TRY_ASSIGN(transport::Following::Options options, following_of(config_, config_.public_listen));
  const transport::Registry registry = all_adapters();
  TRY_ASSIGN(following_, transport::Following::start(std::move(options), registry, loop_, *client_,
                                                     *index_, clock_, random_, log_));
  return {};
}

Result<void> Authz::ask_denylist() {
  TRY_ASSIGN(denylist_, open_denylist({.url = config_.denylist_url, .feed = config_.feed_name},
                                      loop_, *index_, clock_, log_));
  return {};
}

Result<void> Authz::answer() {
  gateway::IdentityHeaders identity;
  if (!config_.headers.empty()) {
    std::vector<gateway::IdentityHeader> headers;
    for (const auto& [name, claim] : config_.headers) headers.push_back({name, claim});
    TRY_ASSIGN(identity, gateway::IdentityHeaders::make(std::move(headers)));
  }
  gateway::AnswerOptions answers;
  if (config_.nginx_answers) answers = {.undecided_status = 403, .bad_request_status = 401};
  strategy::RevocationSource* source = denylist_.get();
  if (config_.on_stale == verifier::OnStale::kIntrospect) {
    introspection_ = std::make_unique<strategy::Introspection>(
        *client_, strategy::Introspection::Options{.url = config_.introspection_url,
                                                   .client_id = config_.client_id,
                                                   .client_secret = config_.client_secret});
    source = introspection_.get();
    if (denylist_) {
      fallback_ = std::make_unique<strategy::WithFallback>(*denylist_, *introspection_);
      source = fallback_.get();
    }
  }
  forward_auth_ = std::make_unique<gateway::ForwardAuth>(*verifier_, clock_, std::move(identity),
                                                         answers, source);
  forward_auth_->set_source_header(config_.source_header);
  wait_for_positions();
  forward_auth_->on_unknown_key(
      [this](std::string_view issuer) { issuers_->on_unknown_key(issuer); });
  return {};
}

// A denylist is as far as its keeper says; what the feed has signed beyond that nobody here hears.
void Authz::wait_for_positions() {
  waiting_stepper_ = std::make_unique<net::LoopStepper>(loop_, clock_, [this](Now now) {
    const BootTime next = forward_auth_->step(now);
    if (denylist_ == nullptr || !forward_auth_->anybody_waits()) return next;
    denylist_->look_again();
    return std::min(next, now.boot + kLookAgain);
  });
  if (following_ != nullptr) {
    following_->on_applied([this](const feed::Batch&) {
      if (forward_auth_->anybody_waits()) waiting_stepper_->wake();
    });
  }
  forward_auth_->wait_for_positions(
      config_.position_wait,
      [this] {
        const feed::Follower* follower = following_ ? following_->follower() : nullptr;
        return follower != nullptr ? follower->last_head() : feed::Position();
      },
      [this] { waiting_stepper_->wake(); });
}

Result<void> Authz::serve() {
  TRY_ASSIGN(const ListenAddress listen, parse_listen(config_.public_listen));
  net::ServerOptions options;
  options.address = listen.host;
  options.port = listen.port;
  TRY_ASSIGN(server_, net::Server::open({&loop_}, options,
                                        [this](const net::Request& request, net::Responder answer) {
                                          forward_auth_->handle(request, std::move(answer));
                                        }));
  health_stepper_ = std::make_unique<net::LoopStepper>(loop_, clock_, [this](Now now) {
    look_at_health();
    return now.boot + std::chrono::milliseconds(20);
  });
  expose();
  return {};
}

void Authz::look_at_health() {
  const std::string missing = missing_keys(*issuers_);
  const bool fresh = verifier_->fresh(clock_.now());
  health_.set("keys", missing.empty(), missing);
  health_.set("feed", fresh, fresh ? "" : "stale: the feed is not followed");
}

void Authz::expose() {
  collector_ = metrics_.collect([this](daemon::Samples& samples) {
    const gateway::ForwardAuth::Counters& answers = forward_auth_->counters();
    const daemon::MetricName checks{"rescind_checks_total", "Decisions on tokens."};
    samples.counter(checks, {{"decision", "accept"}}, static_cast<double>(answers.accepted));
    samples.counter(checks, {{"decision", "refuse"}}, static_cast<double>(answers.refused));
    samples.counter(checks, {{"decision", "stale"}}, static_cast<double>(answers.stale));
    samples.counter({"rescind_position_waits_total", "Requests that waited for a position."}, {},
                    static_cast<double>(answers.waited));
    samples.counter({"rescind_signature_checks_total", "Signatures that were checked."}, {},
                    static_cast<double>(verifier_->counters().signatures));
    samples.counter({"rescind_signature_checks_wasted_total", "Of these, on tokens refused."}, {},
                    static_cast<double>(verifier_->counters().wasted));
    samples.counter({"rescind_signatures_unchecked_total",
                     "Tokens refused unseen, their source's budget being spent."},
                    {}, static_cast<double>(verifier_->counters().unchecked));
    expose_issuers(samples, *issuers_);
    if (following_ == nullptr) return;
    expose_index(samples, *index_);
    expose_follower(samples, following_->follower(), clock_.now());
  });
}

}  // namespace

Exit run_authz(const Invocation& invocation) {
  return exit_of(run_role<AuthzConfig, Authz>(invocation));
}

}  // namespace rescind::cli

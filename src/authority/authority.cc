#include "authority/authority.h"

#include <algorithm>
#include <deque>

#include "authority/browser.h"
#include "authority/caller.h"
#include "authority/canary.h"
#include "authority/lost_history.h"
#include "authority/surface.h"
#include "base/mutex.h"

namespace rescind::authority {
namespace {

// Mintings that wait to be signed: as many as the committer takes, and then some.
constexpr std::size_t kSigningQueue = 20'000;
constexpr std::chrono::seconds kReloadKeys{5};

TokenPolicy policy_of(const Options& options) {
  TokenPolicy policy;
  policy.issuer = options.issuer;
  policy.rules.issuer = options.issuer;
  policy.rules.stamps = revocation::StampKind::kPosition;
  policy.rules.session_claims = {"sid"};
  policy.rules.revocable_claims = options.revocable_claims;
  policy.rules.longest_lifetime = options.access_ttl;
  policy.rules.longest_session = options.refresh_ttl;
  policy.access_ttl = options.access_ttl;
  policy.refresh_ttl = options.refresh_ttl;
  policy.reuse_grace = options.reuse_grace;
  return policy;
}

revocation::Rules rules_of(const Options& options, const TokenPolicy& policy) {
  revocation::Rules rules;
  rules.issuers.push_back(policy.rules);
  rules.issuers.insert(rules.issuers.end(), options.foreign.begin(), options.foreign.end());
  return rules;
}

std::vector<std::string> origins_of(const Options& options) {
  std::vector<std::string> origins = options.origins;
  origins.push_back(origin_of(options.issuer));
  return origins;
}

}  // namespace

// In the order in which things are made; they end in the reverse one, after the destructor has
// stopped the pools and failed what the committer still had.
struct Authority::Body {
  Body(Options the_options, Parts the_parts, Clients the_clients, std::unique_ptr<Reads> the_reads,
       const Clock& the_clock, Random& random, Log& the_log);
  ~Body();

  Result<void> open();
  void commit_rules();
  void rules_failed(const Error& error);
  std::string why_not_ready() const;
  void on_writer(std::move_only_function<void(Now)> task);

  const Options options;
  const TokenPolicy policy;
  const revocation::Rules rules;
  const Clients clients;
  const Clock& clock;
  Log& log;
  std::function<void(Task)> post;
  std::function<void()> wake, wake_writer;
  const LostHistory::Options loss;
  std::shared_ptr<const jwt::SigningKey> feed_key;
  std::shared_ptr<const MasterKey> master;
  Counters counters;

  std::unique_ptr<Reads> reads;
  WorkerPool password_pool;
  WorkerPool signing_pool;
  std::unique_ptr<store::Committer> committer;
  std::unique_ptr<Passwords> passwords;
  KeyRing keys;
  Minter minter;
  std::unique_ptr<Core> core;
  std::unique_ptr<LostHistory> lost_history;  // the writer's thread's
  std::unique_ptr<OwnIndex> index;
  std::unique_ptr<TokenReader> tokens;
  Followers followers;
  Canary canary;
  struct Flows;
  std::unique_ptr<Flows> flows;
  std::unique_ptr<Surface> surface;
  Random& random_source;

  BootTime reload_keys{};
  mutable Mutex mutex;
  bool rules_are_committed GUARDED_BY(mutex) = false;
  bool index_has_caught_up GUARDED_BY(mutex) = false;
  bool ending GUARDED_BY(mutex) = false;
  std::deque<std::move_only_function<void(Now)>> writer_tasks GUARDED_BY(mutex);
};

struct Authority::Body::Flows {
  explicit Flows(Body& body)
      : sign_in(*body.core, body.options, body.clients, *body.reads),
        password_change(*body.core, body.options, *body.reads),
        refresher(*body.core, body.clients),
        sign_out(*body.core),
        revoker(*body.core, body.rules, body.options.foreign_clock_skew, body.keys),
        requests(*body.core, body.clients, revoker),
        accounts(*body.core),
        client_admin(*body.core, body.clients),
        client_token(*body.core, body.options, body.clients, *body.reads) {}

  SignIn sign_in;
  PasswordChange password_change;
  Refresher refresher;
  SignOut sign_out;
  Revoker revoker;
  RequestIntake requests;
  AccountAdmin accounts;
  ClientAdmin client_admin;
  ClientToken client_token;
};

Authority::Body::Body(Options the_options, Parts the_parts, Clients the_clients,
                      std::unique_ptr<Reads> the_reads, const Clock& the_clock, Random& random,
                      Log& the_log)
    : options(std::move(the_options)),
      policy(policy_of(options)),
      rules(rules_of(options, policy)),
      clients(std::move(the_clients)),
      clock(the_clock),
      log(the_log),
      post(std::move(the_parts.post)),
      wake(std::move(the_parts.wake)),
      wake_writer(std::move(the_parts.wake_writer)),
      loss{.cut = the_parts.cut_on_history_lost,
           .wait = the_parts.take_back_within,
           .ask = std::move(the_parts.ask_for_lost)},
      feed_key(std::move(the_parts.feed_key)),
      master(std::move(the_parts.master_key)),
      reads(std::move(the_reads)),
      password_pool({.threads = options.password_threads,
                     .queue = options.password_queue,
                     .background = true}),
      signing_pool({.threads = options.signing_threads, .queue = kSigningQueue}),
      committer(std::move(the_parts.committer)),
      keys(options.algorithm,
           {.algorithm = std::string(to_string(options.algorithm)),
            .rotate_every = options.rotate_every,
            .publish_before = options.publish_before,
            .lifetime = options.access_ttl},
           *master, *committer, signing_pool.executor(), random, log),
      minter(options.issuer, keys, signing_pool.executor(), counters.tokens_issued),
      followers(reads->log()),
      canary({.issuer = options.issuer, .every = options.canary}, *committer, random),
      random_source(random) {}

Authority::Body::~Body() {
  {
    const MutexLock lock(mutex);
    ending = true;
  }
  password_pool.close();
  signing_pool.close();
  committer.reset();  // answers what it still had, while everything else is there
}

Result<void> Authority::Body::open() {
  TRY_ASSIGN(passwords, Passwords::open(password_pool.executor()));
  TRY_ASSIGN(const auto rows, reads->signing_keys().all());
  if (const auto adopted = keys.adopt(rows); !adopted) {
    return fail(ErrorCode::kInvalid, "the store's signing keys do not open with this master key: " +
                                         adopted.error().message);
  }
  core = std::make_unique<Core>(Core{.policy = policy,
                                     .committer = *committer,
                                     .minter = minter,
                                     .passwords = *passwords,
                                     .master = *master,
                                     .random = random_source,
                                     .counters = counters,
                                     .log = log});
  lost_history = std::make_unique<LostHistory>(loss, *core, keys);
  lost_history->resume(clock.now());
  TRY_ASSIGN(index, OwnIndex::open({.issuer = options.issuer, .feed = options.feed}, *reads,
                                   feed_key, random_source, log));
  tokens = std::make_unique<TokenReader>(
      TokenReader::Options{.issuer = options.issuer, .access_ttl = options.access_ttl}, *index,
      keys, random_source);
  flows = std::make_unique<Flows>(*this);
  surface = std::make_unique<Surface>(Surface{.options = options,
                                              .policy = policy,
                                              .clock = clock,
                                              .core = *core,
                                              .reads = *reads,
                                              .clients = clients,
                                              .keys = keys,
                                              .tokens = *tokens,
                                              .followers = followers,
                                              .sign_in = flows->sign_in,
                                              .password_change = flows->password_change,
                                              .refresher = flows->refresher,
                                              .sign_out = flows->sign_out,
                                              .revoker = flows->revoker,
                                              .accounts = flows->accounts,
                                              .client_admin = flows->client_admin,
                                              .client_token = flows->client_token,
                                              .origins = origins_of(options),
                                              .post = post,
                                              .wake = wake,
                                              .reader = {}});
  // On the loop before any receipt of it, which comes by the loop, too.
  committer->on_commit([this](const store::Committer::Commit& commit) {
    post([this, commit, at = clock.now().boot] { followers.committed(commit, at); });
  });
  commit_rules();
  return {};
}

void Authority::Body::commit_rules() {
  committer->submit(
      [this](store::Transaction& transaction) -> Result<void> {
        // So that no `until` is computed with a shorter life than our tokens have.
        TRY(transaction.raise_bounds(
            {.latest_iat = transaction.at(), .longest_lifetime = options.access_ttl}));
        return transaction.set_rules(rules);
      },
      [this](const Result<store::Committer::Committed>& committed) {
        if (!committed) return rules_failed(committed.error());
        const MutexLock lock(mutex);
        rules_are_committed = true;
      });
}

void Authority::Body::rules_failed(const Error& error) {
  if (error.code != ErrorCode::kUnavailable) {
    log.error("rules refused", {{"why", error.message}});
    return;
  }
  {
    const MutexLock lock(mutex);
    if (ending) return;
  }
  post([this] { commit_rules(); });  // the store was busy
}

void Authority::Body::on_writer(std::move_only_function<void(Now)> task) {
  {
    const MutexLock lock(mutex);
    writer_tasks.push_back(std::move(task));
  }
  wake_writer();
}

void Authority::take_back(std::vector<std::string> words, Done<bool> done) {
  body_->on_writer([body = body_.get(), words = std::move(words), done = std::move(done)](
                       Now now) mutable { done(body->lost_history->give(words, now)); });
}

Result<std::unique_ptr<Authority>> Authority::open(Options options, Parts parts, const Clock& clock,
                                                   Random& random, Log& log) {
  TRY(check(options));
  TRY_ASSIGN(Clients clients, Clients::make(options));
  TRY_ASSIGN(auto database, parts.connect());
  TRY_ASSIGN(auto log_database, parts.connect());
  auto store_log = std::make_unique<store::StoreLog>(
      store::StoreLog::Options{.issuer = options.issuer, .feed = options.feed},
      std::move(log_database), parts.feed_key, clock, parts.committer->steady_time());
  auto reads = std::make_unique<Reads>(std::move(database), std::move(store_log));
  auto body = std::make_unique<Body>(std::move(options), std::move(parts), std::move(clients),
                                     std::move(reads), clock, random, log);
  TRY(body->open());
  return std::unique_ptr<Authority>(new Authority(std::move(body)));
}

Authority::Authority(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Authority::~Authority() = default;

void Authority::add_routes(net::Router& router) {
  Surface& surface = *body_->surface;
  add_session_routes(router, surface);
  add_own_routes(router, surface);
  add_oauth_routes(router, surface);
  add_revocation_routes(router, surface);
  add_follower_routes(router, surface);
  add_account_routes(router, surface);
  add_client_routes(router, surface);
  add_metadata_routes(router, surface);
}

net::Router::RouteHandler Authority::for_followers(net::Handler next) {
  return [surface = body_->surface.get(), next = std::move(next)](
             const net::Request& request, const net::PathParameters&, net::Responder responder) {
    if (!surface->options.open_feed) {
      const auto caller = caller_with(*surface, request, Role::kFollow);
      if (!caller) return responder.respond(caller.error());
    }
    next(request, std::move(responder));
  };
}

bool Authority::may_follow(const net::Request& request) {
  Surface& surface = *body_->surface;
  return surface.options.open_feed || caller_with(surface, request, Role::kFollow).has_value();
}

BootTime Authority::step(Now now) {
  Body& body = *body_;
  if (now.boot >= body.reload_keys) {
    body.reload_keys = now.boot + kReloadKeys;
    // What another node has done with the keys.
    if (const auto rows = body.reads->signing_keys().all()) (void)body.keys.adopt(*rows);
  }
  if (body.index->catch_up(now)) {
    const MutexLock lock(body.mutex);
    body.index_has_caught_up = true;
  }
  return std::min({body.keys.step(now), body.index->step(now), body.followers.step(now),
                   body.canary.step(now), body.reload_keys});
}

BootTime Authority::step_writer(Now now) {
  Body& body = *body_;
  for (;;) {
    std::move_only_function<void(Now)> task;
    {
      const MutexLock lock(body.mutex);
      if (body.writer_tasks.empty()) break;
      task = std::move(body.writer_tasks.front());
      body.writer_tasks.pop_front();
    }
    task(now);
  }
  const BootTime lost = body.lost_history->step(now);
  return std::min(lost, body.committer->step(now));
}

void Authority::receive(feed::Report report, Done<void> done) {
  Body& body = *body_;
  body.post([&body, report = std::move(report), done = std::move(done)]() mutable {
    auto received = body.followers.receive(report, body.clock.now());
    if (received) {
      body.counters.receipts.add();
      return done({});
    }
    const ErrorCode code = received.error().code;
    if (report.proof && (code == ErrorCode::kConflict || code == ErrorCode::kInvalid)) {
      return body.on_writer(
          [&body, proof = *report.proof, done = std::move(done)](Now now) mutable {
            body.lost_history->show(proof, now, std::move(done));
          });
    }
    body.counters.receipts_refused.add();
    done(std::move(received));
  });
}

void Authority::take_request(std::string jws, RequestIntake::Done done) {
  Body& body = *body_;
  body.post([&body, jws = std::move(jws), done = std::move(done)]() mutable {
    body.flows->requests.take(jws, body.clock.now().wall, std::move(done));
  });
}

void Authority::set_foreign_issuers(std::vector<verifier::TrustedIssuer> issuers) {
  body_->tokens->set_foreign(std::move(issuers));
}

void Authority::on_propagated(Followers::Observer observer) {
  body_->followers.on_propagated(std::move(observer));
}

store::Committer& Authority::committer() { return *body_->committer; }
const Counters& Authority::counters() const { return body_->counters; }
const Followers& Authority::followers() const { return body_->followers; }
std::string Authority::why_not_ready() const { return body_->why_not_ready(); }

std::string Authority::Body::why_not_ready() const {
  if (keys.current()->active == nullptr) return "no signing key is active";
  const MutexLock lock(mutex);
  if (!rules_are_committed) return "rules not committed";
  if (!index_has_caught_up) return "index not caught up";
  return {};
}

std::shared_ptr<const std::string> Authority::jwks() const { return body_->keys.current()->jwks; }

}  // namespace rescind::authority

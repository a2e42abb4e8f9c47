#include "agent/served_feed.h"

#include <algorithm>
#include <utility>

#include "feed/keys.h"
#include "net/basic_auth.h"
#include "net/header_value.h"
#include "transport/feed_server_problem.h"

namespace rescind::agent {
namespace {

using feed::Position;
using Named = transport::FeedSnapshots::Named;

// So many heartbeats without a new word: the last one is not given out any more.
constexpr int kSilentHeartbeats = 3;
// A snapshot that is ahead of this agent waits so long for it.
constexpr Milliseconds kCatchUp{5'000};
constexpr Milliseconds kFillAgain{1'000};
// Fewer batches than this are not asked for again.
constexpr std::uint64_t kFewestBack = 16;
constexpr Milliseconds kSnapshotFreshFor{60'000};

}  // namespace

ServedFeed::ServedFeed(Options options, std::unique_ptr<feed::Origin> origin, net::Loop& loop,
                       const Clock& clock, Log& log)
    : options_(std::move(options)),
      origin_(std::move(origin)),
      clock_(clock),
      events_(log),
      log_(options_.log),
      backfill_(log_, *origin_, options_.log.max_bytes),
      receipts_(options_.receipts, *origin_, [this] { stepper_.wake(); }),
      give_back_(*origin_, [this] { stepper_.wake(); }),
      server_(loop, log_, server_options()),
      stepper_(loop, clock, [this](Now now) { return step(now); }) {}

ServedFeed::~ServedFeed() { *alive_ = false; }

transport::FeedServer::Options ServedFeed::server_options() {
  transport::FeedServer::Options serve;
  serve.keys = [this] { return keys(); };
  serve.receive = [this](feed::Report report, const transport::FeedServer::Done& done) {
    receipts_.take(std::move(report), clock_.now().boot, done);
  };
  serve.take_back = [this](const std::vector<std::string>& words, auto done) {
    give_back_.pass_on(words, std::move(done));
  };
  serve.ask_snapshot = [this](auto then) { pass_snapshot(std::move(then)); };
  serve.snapshot_fresh_for = kSnapshotFreshFor;
  return serve;
}

void ServedFeed::serve(std::function<const feed::Follower*()> follower) {
  follower_ = std::move(follower);
}

feed::Follower::Hearer ServedFeed::hearer() {
  return {.on_place = [this](const feed::Manifest& place) { on_place(place); },
          .on_link = [this](const feed::Received& link) { on_link(link); },
          .on_heartbeat = [this](const feed::Heartbeat& heartbeat,
                                 std::string_view jws) { on_heartbeat(heartbeat, jws); }};
}

std::string ServedFeed::keys() const {
  std::string text = R"({"keys":[)";
  bool first = true;
  for (const std::string& jwk : feed::jwks_of(follower_()->keys())) {
    if (!std::exchange(first, false)) text += ',';
    text += jwk;
  }
  return text + "]}";
}

bool ServedFeed::may_follow(const net::Request& request) const {
  if (options_.open) return true;
  if (request.headers.count("Authorization") != 1) return false;
  const auto credentials = net::parse_authorization(*request.headers.find("Authorization"));
  if (!credentials || !net::equal_ignoring_case(credentials->scheme, "Basic")) return false;
  const auto basic = net::parse_basic(credentials->value);
  if (!basic) return false;
  const auto client = std::ranges::find(options_.clients, basic->id, &Client::id);
  return client != options_.clients.end() && client->secret.equals(basic->secret.expose());
}

// The feed names users, so it is for clients; its public keys are for everybody.
net::Handler ServedFeed::handler() {
  return [this, serve = server_.handler()](const net::Request& request, net::Responder responder) {
    if (request.path != "/v1/feed/keys" && !may_follow(request)) {
      net::Response refusal = transport::problem(401, "a client of this agent may follow");
      refusal.headers.emplace_back("WWW-Authenticate", "Basic realm=\"rescind\"");
      return responder.respond(std::move(refusal));
    }
    if (!follower_ || follower_() == nullptr) {
      return responder.respond(transport::problem(503, "this agent does not follow the feed yet"));
    }
    serve(request, std::move(responder));
  };
}

// --- what the follower hears

void ServedFeed::on_place(const feed::Manifest& place) {
  give_back_.begin(log_.start_at(place), clock_.now().boot);
  server_.forget_batches();
  server_.forget_heartbeat();
  server_.renew_snapshot();
  settle_snapshot(false);
  back_ = options_.fill_back;
  back_due_ = {};
  stepper_.wake();
}

void ServedFeed::on_link(const feed::Received& link) {
  log_.append(link);
  // The word of the term before must not pass for this one's.
  if (link.batch.kind == feed::Kind::kTerm) server_.forget_heartbeat();
  if (link.batch.wants_receipt) receipts_.batch_wants_receipt(link.batch.position);
  (void)server_.publish(
      {.position = link.batch.position, .hash = link.hash, .jws = link.jws});  // in memory: taken
  if (log_.floor().position > snapshot_position_) server_.renew_snapshot();
  settle_snapshot(false);
}

void ServedFeed::on_heartbeat(const feed::Heartbeat& heartbeat, std::string_view jws) {
  const std::pair word{heartbeat.head.term, heartbeat.at};
  if (word <= last_heartbeat_) return;  // played again by some road
  last_heartbeat_ = word;
  log_.heard(heartbeat.at);
  (void)server_.publish_heartbeat(jws);
}

// --- what is due

BootTime ServedFeed::step(Now now) {
  const feed::Follower* follower = follower_ ? follower_() : nullptr;
  if (follower == nullptr || follower->staleness(now) > kSilentHeartbeats * options_.heartbeat) {
    server_.forget_heartbeat();
  }
  if (waiting_ && now.boot >= waiting_->until) settle_snapshot(true);
  if (back_ > 0 && now.boot >= back_due_ && !backfill_.under_way()) fill_back();
  return std::min(
      {receipts_.step(now.boot), give_back_.step(now.boot), now.boot + options_.heartbeat});
}

// Half as many where upstream does not reach back so far.
void ServedFeed::fill_back() {
  back_due_ = clock_.now().boot + kFillAgain;
  backfill_.reach(log_.before_floor(back_), [this](const Result<void>& filled) {
    if (filled) {
      back_ = 0;
      return;
    }
    const ErrorCode code = filled.error().code;
    if (code == ErrorCode::kUnavailable || code == ErrorCode::kTimeout) return;  // asked again
    back_ = back_ / 2 < kFewestBack ? 0 : back_ / 2;
    back_due_ = {};
    stepper_.wake();
  });
}

// --- snapshots of upstream

void ServedFeed::pass_snapshot(std::function<void(Result<Named>)> then) {
  origin_->snapshot([this, alive = alive_, then = std::move(then)](Result<feed::Snapshot> got) {
    if (*alive) on_snapshot(std::move(got), then);
  });
}

void ServedFeed::on_snapshot(Result<feed::Snapshot> snapshot,
                             const std::function<void(Result<Named>)>& then) {
  if (!snapshot) return then(std::unexpected(std::move(snapshot).error()));
  auto manifest = feed::open_manifest(snapshot->manifest, follower_()->keys());
  if (!manifest) {
    events_.warning("upstream's snapshot is not passed on", {{"why", manifest.error().message}});
    return then(fail(ErrorCode::kUnavailable, "upstream's snapshot is not to be believed"));
  }
  if (manifest->segments.size() != snapshot->segments.size()) {
    return then(fail(ErrorCode::kUnavailable, "upstream's snapshot is not whole"));
  }
  if (waiting_) settle_snapshot(true);
  waiting_ =
      Passed{.named = {.snapshot = *std::move(snapshot), .names = std::move(manifest->segments)},
             .position = manifest->position,
             .then = then,
             .until = clock_.now().boot + kCatchUp};
  settle_snapshot(false);
}

// Given out once the log leads on from it: the log catches up with it, or is filled back to it.
void ServedFeed::settle_snapshot(bool too_late) {
  if (!waiting_) return;
  const auto head = log_.head();
  const bool reached = head && head->position >= waiting_->position;
  if (!reached && !too_late) return;
  Passed passed = *std::exchange(waiting_, std::nullopt);
  if (!reached) {
    return passed.then(fail(ErrorCode::kUnavailable, "this agent has not caught up yet"));
  }
  if (passed.position >= log_.floor().position) return hand_out(std::move(passed));
  const Position from = passed.position;
  auto shared = std::make_shared<Passed>(std::move(passed));
  backfill_.reach(from, [this, shared](const Result<void>& filled) {
    if (filled) return hand_out(std::move(*shared));
    shared->then(fail(ErrorCode::kUnavailable,
                      "earlier batches cannot be had from upstream: " + filled.error().message));
  });
}

void ServedFeed::hand_out(Passed passed) {
  if (!log_.read_after(passed.position, 1)) {
    return passed.then(fail(ErrorCode::kUnavailable,
                            "this agent's tail does not reach back to "
                            "upstream's snapshot; there will be a newer"));
  }
  snapshot_position_ = passed.position;
  passed.then(std::move(passed.named));
}

ServedFeed::Counters ServedFeed::counters() const {
  return {.server = server_.counters(),
          .batches = log_.batches(),
          .bytes = log_.bytes(),
          .followers = receipts_.followers()};
}

}  // namespace rescind::agent

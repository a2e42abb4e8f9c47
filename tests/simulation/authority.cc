#include "simulation/authority.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "feed/authority_for_test.h"
#include "feed/snapshot.h"

namespace rescind::simulation {
namespace {

using revocation::Position;
using std::chrono::seconds;

constexpr std::string_view kIssuer = feed::kTestIssuer;
constexpr int kLastKey = 3;

revocation::Rules rules() {
  revocation::Rules rules;
  rules.issuers.push_back({.issuer = std::string(kIssuer),
                           .stamps = revocation::StampKind::kPosition,
                           .session_claims = {"sid"},
                           .revocable_claims = {},
                           .longest_lifetime = seconds(60),
                           .longest_session = seconds(3600)});
  return rules;
}

}  // namespace

// The authority's log as the world sees it: not there while the process is down, and with the bugs
// that are planted in what it says.
class Authority::Log final : public feed::BatchLog {
 public:
  explicit Log(Authority& authority) : authority_(authority) {}

  Result<feed::Head> head() override {
    if (!authority_.up()) return fail(ErrorCode::kUnavailable, "down");
    authority_.parts_.oracle.says(authority_.clock_.now().wall);
    if (authority_.parts_.plant != Plant::kHeadBeforeTime) return authority_.store_->log().head();
    // The head of a while ago, with the time of now.
    const Now now = authority_.clock_.now();
    if (!cached_ || now.boot - cached_at_ > Milliseconds(700)) {
      TRY_ASSIGN(cached_, authority_.store_->log().head());
      cached_at_ = now.boot;
    }
    feed::Head head = *cached_;
    head.at = now.wall;
    return head;
  }

  Result<std::vector<feed::Sealed>> read_after(Position after, std::size_t limit) override {
    if (!authority_.up()) return fail(ErrorCode::kUnavailable, "down");
    return authority_.store_->log().read_after(after, limit);
  }

  Result<feed::Snapshot> snapshot() override {
    if (!authority_.up()) return fail(ErrorCode::kUnavailable, "down");
    auto made = authority_.store_->log().snapshot();
    if (!made || authority_.parts_.plant != Plant::kSnapshotAheadOfEntries) return made;
    // The entries of the last one under the manifest of this one.
    TRY_ASSIGN(auto opened, open_snapshot(*made, *feed::test_keys({0, 1, 2, 3})));
    std::swap(opened.entries, last_entries_);
    return make_snapshot(std::move(opened.manifest), std::move(opened.entries), *authority_.key_);
  }

 private:
  Authority& authority_;
  std::optional<feed::Head> cached_;
  BootTime cached_at_{};
  std::vector<revocation::Entry> last_entries_;
};

std::shared_ptr<const jwt::KeySet> Authority::first_keys() {
  static const auto keys = feed::test_keys({0});
  return keys;
}

Authority::Authority(const Parts& parts, std::unique_ptr<Store> store,
                     const std::vector<std::unique_ptr<Broker>>& brokers)
    : parts_(parts),
      clock_(parts.world, Milliseconds(0), 0),
      dice_(parts.world.dice("authority")),
      deaths_(parts.world.dice("authority's deaths")),
      key_(feed::test_key(0)),
      store_(std::move(store)),
      log_(std::make_unique<Log>(*this)) {
  for (const auto& broker : brokers) {
    publishing_.push_back(
        std::make_unique<Publishing>(Publishing::Parts{.world = parts.world,
                                                       .clock = clock_,
                                                       .log = *log_,
                                                       .broker = *broker,
                                                       .name = broker->name(),
                                                       .has_lease = parts.faults.two_publishers}));
  }
  start();
}

Authority::~Authority() { crash(); }

feed::BatchLog& Authority::log() { return *log_; }

void Authority::start() {
  if (up()) return;
  stepper_ = std::make_unique<Stepper>(parts_.world, clock_, [this](Now now) { return step(now); });
  store_->start({.key = key_,
                 .clock = clock_,
                 .wake =
                     [this] {
                       if (stepper_) stepper_->wake();
                     },
                 .on_commit = [this] { on_commit(); }});
  up_ = true;
  answers_lost_ = false;
  ++lives_;
  parts_.world.note("authority", "starts at " + to_string(store_->head()));
  on_commit();
  for (const auto& one : publishing_) one->start(key_);
  store_->submit({.rules = rules()}, [](const Result<Position>&) {});  // or at the next start
  stepper_->wake();
}

void Authority::crash() {
  if (!up()) return;
  parts_.world.note("authority", "dies");
  answers_lost_ = true;
  up_ = false;
  for (const auto& one : publishing_) one->stop();
  stepper_.reset();
  store_->stop();
}

void Authority::crash_for_a_while() {
  crash();
  parts_.world.after(deaths_.between(Milliseconds(50), seconds(2)), [this] { start(); });
}

BootTime Authority::step(Now now) {
  parts_.oracle.says(now.wall);
  const bool dies_before = deaths_.chance(parts_.faults.dies_before_commit);
  const bool dies_after = deaths_.chance(parts_.faults.dies_after_commit);
  if (!dies_before && !dies_after) return store_->step(now);
  // Before the answers; the stepper that called this goes with it.
  parts_.world.after(Time(0), [this, life = lives_] {
    if (life == lives_ && up()) crash_for_a_while();
  });
  answers_lost_ = true;
  return dies_before ? BootTime::max() : store_->step(now);
}

// Tells the oracle what has been committed, and the publishers that there is something.
void Authority::on_commit() {
  if (!up()) return;
  for (;;) {
    const auto batches = store_->log().read_after(told_, 100);
    CHECK(batches.has_value());
    for (const auto& sealed : *batches) {
      parts_.oracle.commit(std::get<feed::Batch>(feed::read_word(sealed.jws)->content));
      told_ = sealed.position;
    }
    if (batches->empty()) break;
  }
  for (const auto& one : publishing_) one->wake();
}

void Authority::back_up() {
  if (!up()) return;
  store_->back_up();
  backup_order_ = parts_.oracle.tick();
  backup_told_ = told_;
  parts_.world.note("authority", "is backed up at " + to_string(told_));
}

void Authority::restore() {
  crash();
  // Another history with a term of the same number would begin; no restore is that fast.
  const Milliseconds too_fast(static_cast<std::int64_t>(told_.term) + 1 - to_ms(clock_.now().wall));
  store_->restore();
  parts_.oracle.restore(backup_order_);
  told_ = backup_told_;
  parts_.world.note("authority", "is restored to " + to_string(told_));
  if (too_fast <= Milliseconds(0)) return start();
  parts_.world.after(too_fast, [this] { start(); });
}

void Authority::change_key() {
  if (!up() || key_number_ == kLastKey) return;
  const auto next = feed::test_key(++key_number_);
  store_->change_key(next, clock_.now());
  key_ = next;
  // Whoever signs with it starts anew.
  crash();
  start();
}

void Authority::pause_a_publisher() {
  publishing_[dice_.below(publishing_.size())]->pause_one_for(
      dice_.between(Milliseconds(100), seconds(5)));
}

void Authority::sign_in(const std::string& user) {
  if (!up()) return;
  // Before the first fact. The password takes its time.
  const Position stamp = store_->head();
  const std::uint64_t began = parts_.oracle.tick();
  parts_.world.after(dice_.between(Milliseconds(0), Milliseconds(300)),
                     [this, user, stamp, began, life = lives_] {
                       if (!up() || life != lives_) return;
                       const bool planted = parts_.plant == Plant::kStampAfterTheFact;
                       mint(user, planted ? store_->head() : stamp, began);
                     });
}

void Authority::mint(const std::string& user, Position stamp, std::uint64_t began) {
  const WallTime now = clock_.now().wall;
  Token token{.session = "s-" + std::to_string(sessions_++),
              .user = user,
              .stamp = stamp,
              .expires = now + kLifetime,
              .began = began};
  // As the store's bounds do: what is committed from here on reckons with it.
  for (const auto& name : {token.user, token.session}) {
    last_expiry_[name] = std::max(last_expiry_[name], token.expires);
  }
  store_->submit(
      {.bounds = store::IssuanceBounds{.latest_iat = now,
                                       .longest_lifetime =
                                           std::chrono::duration_cast<seconds>(kLifetime)}},
      [this, token](const Result<Position>& done) mutable {
        if (!done || answers_lost_) return;
        // Overtaken by a revocation: its transaction finds that and makes no token.
        if (token.stamp < std::max(last_cut_[token.user], issuer_cut_)) return;
        parts_.world.note("authority", "mints " + token.session + " of " + token.user + ", stamp " +
                                           to_string(token.stamp));
        parts_.oracle.mint(std::move(token));
      });
}

// The last token that it can hit, and the leeway that a verifier gives it.
revocation::UntilSeconds Authority::until_of(bool whole_user, const std::string& name,
                                             WallTime at) const {
  WallTime last = whole_user ? at + kLifetime : WallTime{};
  const auto known = last_expiry_.find(name);
  if (known != last_expiry_.end()) last = std::max(last, known->second);
  if (parts_.plant == Plant::kForgottenTooEarly) last -= kLifetime / 2;
  return static_cast<std::uint64_t>(to_seconds(last + kLeeway) + 1);
}

void Authority::revoke(bool whole_user, const std::string& name) {
  if (!up()) return;
  const std::size_t id = parts_.oracle.submit({.whole_user = whole_user, .name = name});
  const bool too_early = parts_.plant == Plant::kAcknowledgedTooEarly;
  if (too_early) parts_.oracle.acknowledge(id);
  store_->submit({.revocation =
                      revocation::Revocation{
                          .target = {std::string(kIssuer), whole_user ? "sub" : "sid", name},
                          .cut = std::nullopt,
                          .until = until_of(whole_user, name, clock_.now().wall),
                          .reason = dice_.chance(500) ? revocation::Reason::kRevoked
                                                      : revocation::Reason::kSignedOut},
                  .wants_receipt = dice_.chance(200)},
                 [this, id, name, too_early](const Result<Position>& done) {
                   if (done) last_cut_[name] = *done;
                   if (answers_lost_ || too_early) return;
                   if (!done) return parts_.oracle.fail(id);
                   parts_.oracle.acknowledge(id);
                   parts_.world.note("authority", "revoked " + name + " by " + to_string(*done));
                 });
}

void Authority::write_newer(bool is_critical) {
  if (!up()) return;
  parts_.world.note("authority",
                    is_critical ? "writes what hosts must know" : "writes what is new");
  store_->submit({.future = is_critical ? Change::Future::kCritical : Change::Future::kIgnorable},
                 [](const Result<Position>&) {});
}

Result<void> Authority::take(const feed::Report& report) {
  if (!up()) return fail(ErrorCode::kUnavailable, "down");
  if (!report.proof) return {};
  TRY_ASSIGN(const bool lost, store_->recover(*report.proof, clock_.now()));
  if (!lost) return {};
  issuer_cut_ = store_->head();
  parts_.world.note("authority", "recovers from a loss shown by " + report.follower);
  parts_.oracle.cut_issuer();
  return {};
}

}  // namespace rescind::simulation

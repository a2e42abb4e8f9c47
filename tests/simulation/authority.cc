#include "simulation/authority.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/check.h"
#include "feed/authority_for_test.h"
#include "feed/snapshot.h"
#include "store/bounds.h"
#include "store/migrations.h"
#include "store/sqlite.h"

namespace rescind::simulation {
namespace {

using revocation::Position;
using std::chrono::seconds;

constexpr std::string_view kIssuer = feed::kTestIssuer;

std::unique_ptr<store::Database> connect(const std::string& path) {
  auto database = store::open_sqlite({.path = path});
  CHECK(database.has_value());
  return *std::move(database);
}

void copy_database(const std::string& from, const std::string& to) {
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(to + suffix);
  for (const char* suffix : {"", "-wal"}) {
    if (std::filesystem::exists(from + suffix)) {
      std::filesystem::copy_file(from + suffix, to + suffix);
    }
  }
}

// The schema is made once for a folder and copied: a run has no time for it.
void make_database(const std::string& folder) {
  const std::string blank = folder + "/blank.db";
  if (!std::filesystem::exists(blank)) CHECK(store::migrate(*connect(blank)).has_value());
  copy_database(blank, folder + "/authority.db");
}

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
    if (authority_.parts_.plant != Plant::kHeadBeforeTime) return authority_.store_log_->head();
    // The head of a while ago, with the time of now.
    const Now now = authority_.clock_.now();
    if (!cached_ || now.boot - cached_at_ > Milliseconds(700)) {
      TRY_ASSIGN(cached_, authority_.store_log_->head());
      cached_at_ = now.boot;
    }
    feed::Head head = *cached_;
    head.at = now.wall;
    return head;
  }

  Result<std::vector<feed::Sealed>> read_after(Position after, std::size_t limit) override {
    if (!authority_.up()) return fail(ErrorCode::kUnavailable, "down");
    return authority_.store_log_->read_after(after, limit);
  }

  Result<feed::Snapshot> snapshot() override {
    if (!authority_.up()) return fail(ErrorCode::kUnavailable, "down");
    auto made = authority_.store_log_->snapshot();
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

std::shared_ptr<const jwt::KeySet> Authority::first_keys() { return feed::test_keys({0}); }

Authority::Authority(const Parts& parts, feed::Transport& road)
    : parts_(parts),
      road_(road),
      clock_(parts.world, Milliseconds(0), 0),
      key_(feed::test_key(0)),
      log_(std::make_unique<Log>(*this)) {
  make_database(parts_.folder);
  start();
  committer_->submit([](store::Transaction& transaction) { return transaction.set_rules(rules()); },
                     [](const Result<store::Committer::Committed>& done) { CHECK(done); });
}

Authority::~Authority() { crash(); }

feed::BatchLog& Authority::log() { return *log_; }

void Authority::start() {
  if (up()) return;
  const std::string path = parts_.folder + "/authority.db";
  auto opened = store::Committer::open(
      {.issuer = std::string(kIssuer), .retention = seconds(10), .snapshot_every = seconds(1)},
      connect(path), key_, null_log_, clock_.now(), [this] {
        if (committer_stepper_) committer_stepper_->wake();
      });
  CHECK(opened.has_value());
  committer_ = *std::move(opened);
  store_log_ = std::make_unique<store::StoreLog>(
      store::StoreLog::Options{.issuer = std::string(kIssuer), .snapshot_every = seconds(1)},
      connect(path), key_, clock_);
  committer_->on_commit([this](const store::Committer::Commit&) { on_commit(); });
  committer_stepper_ =
      std::make_unique<Stepper>(parts_.world, clock_, [this](Now now) { return step(now); });
  answers_lost_ = false;
  ++lives_;
  parts_.world.note("authority", "starts at " + to_string(committer_->head()));
  on_commit();
  open_publisher();
  committer_stepper_->wake();
}

void Authority::open_publisher() {
  publisher_ =
      std::make_unique<feed::Publisher>(feed::Publisher::Options{.issuer = std::string(kIssuer),
                                                                 .feed = "default",
                                                                 .heartbeat = seconds(1),
                                                                 .start = published_},
                                        *log_, road_, key_, parts_.world.random(), null_log_);
  publisher_stepper_ = std::make_unique<Stepper>(parts_.world, clock_, [this](Now now) {
    const BootTime next = publisher_->step(now);
    published_ = publisher_->published();
    return next;
  });
  publisher_stepper_->wake();
}

void Authority::crash() {
  if (!up()) return;
  parts_.world.note("authority", "dies");
  answers_lost_ = true;
  publisher_stepper_.reset();
  committer_stepper_.reset();
  publisher_.reset();
  store_log_.reset();
  committer_.reset();
}

BootTime Authority::step(Now now) {
  const bool dies = parts_.world.chance(parts_.faults.answers_lost) &&
                    parts_.world.now() < std::chrono::seconds(40);
  answers_lost_ = dies;
  const BootTime next = committer_->step(now);
  if (!dies) return next;
  // After the commit, before the answers; the stepper that called this goes with it.
  parts_.world.after(Time(0), [this, life = lives_] {
    if (life != lives_) return;
    crash();
    parts_.world.after(parts_.world.between(Milliseconds(50), seconds(3)), [this] { start(); });
  });
  return next;
}

// Tells the oracle what has been committed, and the publisher that there is something.
void Authority::on_commit() {
  if (!store_log_) return;
  for (;;) {
    const auto batches = store_log_->read_after(told_, 100);
    CHECK(batches.has_value());
    for (const auto& sealed : *batches) {
      parts_.oracle.commit(std::get<feed::Batch>(feed::read_word(sealed.jws)->content));
      told_ = sealed.position;
    }
    if (batches->empty()) break;
  }
  if (publisher_stepper_) publisher_stepper_->wake();
}

void Authority::back_up() {
  if (!up()) return;
  copy_database(parts_.folder + "/authority.db", parts_.folder + "/backup.db");
  backup_order_ = parts_.oracle.tick();
  backup_told_ = told_;
  parts_.world.note("authority", "is backed up at " + to_string(told_));
}

void Authority::restore() {
  crash();
  copy_database(parts_.folder + "/backup.db", parts_.folder + "/authority.db");
  parts_.oracle.restore(backup_order_);
  told_ = backup_told_;
  parts_.world.note("authority", "is restored to " + to_string(told_));
  start();
}

void Authority::change_key() {
  if (!up() || key_number_ == 3) return;
  const auto next = feed::test_key(++key_number_);
  CHECK(committer_->change_key(next, clock_.now()).has_value());
  key_ = next;
  // Whoever signs with it starts anew.
  crash();
  start();
}

void Authority::sign_in(const std::string& user) {
  if (!up()) return;
  // Before the first fact. The password takes its time.
  const Position stamp = committer_->head();
  const std::uint64_t began = parts_.oracle.tick();
  parts_.world.after(parts_.world.between(Milliseconds(0), Milliseconds(300)),
                     [this, user, stamp, began, life = lives_] {
                       if (!up() || life != lives_) return;
                       const bool planted = parts_.plant == Plant::kStampAfterTheFact;
                       mint(user, planted ? std::nullopt : std::optional(stamp), began);
                     });
}

void Authority::mint(const std::string& user, std::optional<Position> stamp, std::uint64_t began) {
  Token token{.id = 0,
              .session = "s-" + std::to_string(sessions_++),
              .user = user,
              .stamp = stamp.value_or(committer_->head()),
              .expires = clock_.now().wall + kLifetime,
              .began = began};
  committer_->submit(
      [&bounds_wall = clock_](store::Transaction& transaction) {
        return transaction.raise_bounds(
            {.latest_iat = bounds_wall.now().wall,
             .longest_lifetime = std::chrono::duration_cast<seconds>(kLifetime)});
      },
      [this, token](const Result<store::Committer::Committed>& done) mutable {
        if (!done || answers_lost_) return;
        for (const auto& name : {token.user, token.session}) {
          last_expiry_[name] = std::max(last_expiry_[name], token.expires);
        }
        parts_.world.note("authority", "mints " + token.session + " of " + token.user + ", stamp " +
                                           to_string(token.stamp));
        parts_.oracle.mint(std::move(token));
      });
}

// The last token that it can hit, and the leeway that a verifier gives it. A token that is being
// minted just now counts too.
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
  revocation::Revocation revocation{
      .target = {std::string(kIssuer), whole_user ? "sub" : "sid", name},
      .cut = std::nullopt,
      .until = until_of(whole_user, name, clock_.now().wall),
      .reason = revocation::Reason::kRevoked};
  committer_->submit(
      [revocation,
       urgent = parts_.world.chance(200)](store::Transaction& transaction) -> Result<void> {
        TRY(transaction.revoke(revocation, "admin", ""));
        if (urgent) transaction.want_receipts();
        return {};
      },
      [this, id, name, too_early](const Result<store::Committer::Committed>& done) {
        if (answers_lost_ || too_early) return;
        if (!done) return parts_.oracle.fail(id);
        parts_.oracle.acknowledge(id);
        parts_.world.note("authority", "revoked " + name + " by " + to_string(done->head));
      });
}

Result<void> Authority::take(const feed::Report& report) {
  if (!up()) return fail(ErrorCode::kUnavailable, "down");
  if (!report.proof) return {};
  TRY_ASSIGN(const bool lost, committer_->recover(*report.proof, true, clock_.now()));
  if (!lost) return {};
  parts_.world.note("authority", "recovers from a loss shown by " + report.follower);
  parts_.oracle.cut_issuer();
  return {};
}

}  // namespace rescind::simulation

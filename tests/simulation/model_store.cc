#include <algorithm>
#include <deque>
#include <utility>

#include "base/check.h"
#include "feed/authority_for_test.h"
#include "feed/envelope.h"
#include "feed/keys.h"
#include "feed/proof.h"
#include "feed/snapshot.h"
#include "jwt/jws.h"
#include "simulation/model_state.h"
#include "simulation/store.h"
#include "store/housekeeping.h"
#include "store/limits.h"
#include "store/steady_time.h"

namespace rescind::simulation {
namespace {

using feed::Position;

constexpr Milliseconds kSpacing{2};        // between groups, as the committer's
constexpr std::size_t kGroupLimit = 1024;  // operations

// The log's tail and snapshots, as store::StoreLog answers.
class ModelLog final : public feed::BatchLog {
 public:
  ModelLog(const ModelState& state, std::shared_ptr<const jwt::SigningKey> key,
           const MachineClock& clock, std::shared_ptr<store::SteadyTime> steady_time)
      : state_(state), key_(std::move(key)), clock_(clock), steady_time_(std::move(steady_time)) {}

  Result<feed::Head> head() override {
    const Now now = clock_.now();
    const store::HeadRow& head = state_.head;
    const WallTime at = steady_time_->at(head.position.term, now.wall, now.boot);
    return feed::Head{.position = head.position, .hash = head.hash, .at = std::max(at, head.at)};
  }

  Result<std::vector<feed::Sealed>> read_after(Position after, std::size_t limit) override {
    if (!feed::contains(state_.terms, state_.head.position, after)) {
      return fail(ErrorCode::kConflict, "not of this history");
    }
    std::vector<feed::Sealed> found;
    if (after == state_.head.position) return found;
    if (state_.find(after.number + 1) == nullptr) return fail(ErrorCode::kGone, "no longer kept");
    for (std::uint64_t number = after.number + 1; found.size() < limit; ++number) {
      const ModelState::Link* const link = state_.find(number);
      if (link == nullptr) break;
      found.push_back(link->sealed);
    }
    return found;
  }

  Result<feed::Snapshot> snapshot() override {
    const Now now = clock_.now();
    if (!is_due(now.boot)) return *snapshot_;
    made_ = now.boot;
    made_at_ = state_.head.position;
    return snapshot_.emplace(make(now.wall));
  }

 private:
  bool is_due(BootTime boot) {
    if (!snapshot_) return true;
    if (made_at_ == state_.head.position) return false;
    return boot - made_ >= kSnapshotEvery || !read_after(made_at_, 1);
  }

  feed::Snapshot make(WallTime at) const {
    feed::Manifest manifest{.issuer = state_.head.issuer,
                            .feed = state_.head.feed,
                            .position = state_.head.position,
                            .head = state_.head.hash,
                            .at = at,
                            .purge_time = state_.head.purge_time,
                            .terms = state_.terms,
                            .rules = state_.rules};
    const std::string own(key_->public_key().public_jwk());
    manifest.keys = {own};
    for (const auto& one : state_.announced) {
      if (std::ranges::find(one.keys, own) != one.keys.end()) manifest.keys = one.keys;
      manifest.announcements.push_back(one.jws);
    }
    const auto purged = static_cast<std::uint64_t>(to_seconds(state_.head.purge_time));
    std::vector<revocation::Entry> entries;
    for (const auto& [key, entry] : state_.entries) {
      if (entry.until >= purged) entries.push_back(entry);
    }
    auto made = feed::make_snapshot(manifest, std::move(entries), *key_);
    CHECK(made.has_value());
    if (state_.needs_newer) made->manifest = of_a_newer_version(manifest, made->segments);
    return *std::move(made);
  }

  std::string of_a_newer_version(feed::Manifest manifest,
                                 const std::vector<std::string>& segments) const {
    for (const auto& segment : segments) manifest.segments.push_back(sha256(segment));
    std::string text = feed::to_json(manifest);
    text.insert(1, R"("requires":["urn:rescind:event:from-the-future"],)");
    return jwt::sign_compact(*key_, feed::kManifestType, text);
  }

  const ModelState& state_;
  std::shared_ptr<const jwt::SigningKey> key_;
  const MachineClock& clock_;
  std::shared_ptr<store::SteadyTime> steady_time_;
  std::optional<feed::Snapshot> snapshot_;
  Position made_at_;
  BootTime made_{};
};

// As store::Committer and store::Writer.
class ModelStore final : public Store {
 public:
  void start(Life life) override {
    life_.emplace(std::move(life));
    const Now now = life_->clock.now();
    if (state_.head.issuer.empty()) {
      state_.head.issuer = feed::kTestIssuer;
      state_.head.feed = "default";
      state_.head.purge_time = now.wall;
    }
    purge_clock_.emplace(state_.head.purge_time, now.boot);
    steady_time_ = std::make_shared<store::SteadyTime>();
    seen_ = state_.head.position;
    commit(now, std::uint64_t{0}, [](ModelGroup&, Position) {});
    told_ = seen_;
    next_housekeeping_ = now.boot + store::kHousekeepingEvery;
    next_group_ = now.boot;
    log_ = std::make_unique<ModelLog>(state_, life_->key, life_->clock, steady_time_);
  }

  void stop() override {
    for (auto& one : std::exchange(queue_, {})) {
      one.done(fail(ErrorCode::kUnavailable, "the authority is stopping"));
    }
    log_.reset();
    life_.reset();
  }

  void submit(Change change, Done done) override {
    queue_.push_back({std::move(change), std::move(done)});
    life_->wake();
  }

  BootTime step(Now now) override {
    if (now.boot >= next_group_ && !queue_.empty()) {
      commit_group(now);
      next_group_ = now.boot + kSpacing;
    }
    if (now.boot >= next_housekeeping_) {
      keep_house(now);
      next_housekeeping_ = now.boot + store::kHousekeepingEvery;
      tell();
    }
    return queue_.empty() ? next_housekeeping_ : std::min(next_housekeeping_, next_group_);
  }

  Position head() const override { return told_; }
  feed::BatchLog& log() override { return *log_; }

  Result<bool> recover(std::string_view word, Now now) override {
    std::vector<std::string> jwks{std::string(life_->key->public_key().public_jwk())};
    for (const auto& one : state_.announced) {
      jwks.insert(jwks.end(), one.keys.begin(), one.keys.end());
    }
    TRY_ASSIGN(const auto keys, feed::key_set_of(jwks));
    TRY_ASSIGN(const feed::Proof proof, feed::read_proof(word, *keys));
    if (state_.lost_up_to >= proof.position) return false;
    if (feed::contains(state_.terms, state_.head.position, proof.position)) {
      const auto* const link = state_.find(proof.position.number);
      if (link == nullptr || link->sealed.hash == proof.hash) return false;
    }
    commit(now, proof.position.term, [&](ModelGroup& group, Position first) {
      state_.lost_up_to = std::max(state_.lost_up_to, proof.position);
      group.run({.revocation = revocation::Revocation{
                     .target = {state_.head.issuer, "iss", state_.head.issuer},
                     .cut = first,
                     .until = store::last_expiry(state_.head.bounds.bounds, group.at()),
                     .reason = revocation::Reason::kRevoked}});
    });
    tell();
    return true;
  }

  void change_key(std::shared_ptr<const jwt::SigningKey> next, Now now) override {
    const std::vector<std::string> keys{std::string(next->public_key().public_jwk()),
                                        std::string(life_->key->public_key().public_jwk())};
    commit(now, std::nullopt, [&](ModelGroup& group, Position) { group.announce(keys); });
    life_->key = std::move(next);
    tell();
  }

  void back_up() override { backup_ = state_; }
  void restore() override { state_ = backup_; }

 private:
  struct Queued {
    Change change;
    Done done;
  };

  bool was_set(Now now, const store::HeadRow& head) const {
    return now.wall + store::kClockSlack < head.at ||
           steady_time_->was_set(head.position.term, now.wall, now.boot);
  }

  // `work(group, first)`: the position of the term's first batch, where one begins.
  template <typename Work>
  void commit(Now now, std::optional<std::uint64_t> term_above, const Work& work) {
    const store::HeadRow& head = state_.head;
    const std::uint64_t term = head.position.term;
    const bool begins_term = term_above || was_set(now, head);
    ModelGroup group(state_, begins_term
                                 ? now.wall
                                 : std::max(steady_time_->at(term, now.wall, now.boot), head.at));
    Position first;
    if (begins_term) {
      const auto clock = static_cast<std::uint64_t>(std::max<std::int64_t>(to_ms(now.wall), 0));
      const std::uint64_t above =
          std::max({term_above.value_or(0), head.position.term, seen_.term});
      first = group.begin_term(std::max(clock, above + 1));
    }
    work(group, first);
    group.seal(*life_->key);
    seen_ = state_.head.position;
    steady_time_->at(seen_.term, now.wall, now.boot);
  }

  void commit_group(Now now) {
    std::vector<Queued> group;
    while (!queue_.empty() && group.size() < kGroupLimit) {
      group.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    commit(now, std::nullopt, [&](ModelGroup& transaction, Position) {
      for (const auto& one : group) transaction.run(one.change);
    });
    tell();
    for (auto& one : group) one.done(seen_);
  }

  void keep_house(Now now) {
    if (steady_time_->was_set(seen_.term, now.wall, now.boot)) {
      commit(now, std::uint64_t{0}, [](ModelGroup&, Position) {});
    }
    steady_time_->at(seen_.term, now.wall, now.boot);
    state_.forget(now.wall - kLogRetention, purge_clock_->advance(now));
  }

  void tell() {
    if (told_ == seen_) return;
    told_ = seen_;
    life_->on_commit();
  }

  ModelState state_;
  ModelState backup_;
  std::optional<Life> life_;
  std::unique_ptr<ModelLog> log_;
  std::optional<store::PurgeClock> purge_clock_;
  std::deque<Queued> queue_;
  Position seen_;
  Position told_;
  std::shared_ptr<store::SteadyTime> steady_time_;
  BootTime next_housekeeping_{};
  BootTime next_group_{};
};

}  // namespace

std::unique_ptr<Store> model_store() { return std::make_unique<ModelStore>(); }

}  // namespace rescind::simulation

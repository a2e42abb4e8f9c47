#include "cli/roles/denylist.h"

#include "cli/roles/denylist_access.h"
#include "cli/roles/denylist_config.h"
#include "cli/roles/follow_samples.h"
#include "cli/roles/process.h"
#include "cli/roles/registry.h"
#include "strategy/denylist_keeper.h"

namespace rescind::cli {
namespace {

// How often its readers hear that it is kept.
constexpr Milliseconds kStateEvery{250};

class DenylistRole final : public Role {
 public:
  DenylistRole(DenylistConfig config, net::Loop& loop, const Clock& clock, Log& log)
      : config_(std::move(config)), loop_(loop), clock_(clock), log_(log) {}

  Result<void> check() override;
  Result<void> start() override;

 private:
  void tell_state();
  void look_at_health();
  void expose();

  DenylistConfig config_;
  net::Loop& loop_;
  const Clock& clock_;
  Log& log_;
  SystemRandom random_;
  std::unique_ptr<net::Client> client_;
  std::unique_ptr<revocation::Index> index_;
  std::unique_ptr<strategy::DenylistKeeper> keeper_;
  std::unique_ptr<transport::Following> following_;
  std::unique_ptr<net::LoopStepper> stepper_;
  std::shared_ptr<void> collector_;
  std::uint64_t snapshots_ = 0;  // joined, of which the keeper knows
};

Result<void> DenylistRole::check() {
  TRY(denylist_at({.url = config_.url, .feed = config_.feed_name}));
  TRY_ASSIGN(const transport::Following::Options options,
             following_of(config_, config_.admin_listen));
  TRY(transport::checked(options.access));
  return {};
}

Result<void> DenylistRole::start() {
  health_.require("feed", "not caught up yet");
  health_.require("denylist", "not written yet");
  TRY_ASSIGN(DenylistAccess access, denylist_at({.url = config_.url, .feed = config_.feed_name}));
  TRY_ASSIGN(transport::Following::Options options, following_of(config_, access.name));
  // Who asks the denylist refuses or not by policies of its own; nobody is told of them here.
  options.follower.is_seen = [this] { return !keeper_->wants_all(); };
  client_ = std::make_unique<net::Client>(loop_, net::ClientOptions{.tls = options.access.tls});
  TRY_ASSIGN(index_, revocation::Index::create(random_, {}));
  keeper_ = std::make_unique<strategy::DenylistKeeper>(
      strategy::DenylistKeeper::Options{.address = std::move(access.address),
                                        .name = std::move(access.name)},
      clock_, log_);
  TRY_ASSIGN(following_, transport::Following::start(std::move(options), all_adapters(), loop_,
                                                     *client_, *index_, clock_, random_, log_));
  following_->on_applied([this](const feed::Batch& batch) {
    std::vector<revocation::Entry> entries;
    for (const auto& one : batch.revocations) entries.push_back(revocation::entry_of(one));
    keeper_->add(std::move(entries));
  });
  stepper_ = std::make_unique<net::LoopStepper>(loop_, clock_, [this](Now now) {
    tell_state();
    look_at_health();
    return now.boot + kStateEvery;
  });
  expose();
  return {};
}

void DenylistRole::tell_state() {
  const revocation::FeedState& state = index_->state();
  const auto at = state.freshness.at();
  const feed::Follower* follower = following_->follower();
  if (follower == nullptr || !state.ready || !state.can_follow || !at) return;
  // A snapshot brings entries that no batch of this process has told.
  const std::uint64_t snapshots = follower->counters().snapshots;
  if (keeper_->wants_all() || snapshots != snapshots_) {
    std::vector<revocation::Entry> all;
    all.reserve(index_->entries());
    index_->for_each([&](const revocation::Entry& entry) { all.push_back(entry); });
    keeper_->add_all(std::move(all));
    snapshots_ = snapshots;
  }
  // Of a term that the origin has not confirmed nobody knows how late it is; with its number, those
  // who read would take what we know for new.
  if (state.freshness.term() != state.position.term) return;
  keeper_->set_state(
      {.position = state.position, .at = *at, .purge = index_->purge_time(), .rules = {}},
      index_->rules());
}

void DenylistRole::look_at_health() {
  const feed::Follower* follower = following_->follower();
  const bool fresh =
      follower != nullptr && follower->staleness(clock_.now()) <= config_.max_staleness;
  health_.set("feed", fresh, fresh ? "" : "stale: the feed is not followed");
  const strategy::DenylistKeeper::Counters kept = keeper_->counters();
  const bool written = kept.connected && kept.wholes > 0 && !keeper_->wants_all();
  health_.set("denylist", written,
              written ? "" : (kept.connected ? "not written yet" : "Redis is not reached"));
}

void DenylistRole::expose() {
  collector_ = metrics_.collect([this](daemon::Samples& samples) {
    expose_index(samples, *index_);
    expose_follower(samples, following_->follower(), clock_.now());
    const strategy::DenylistKeeper::Counters kept = keeper_->counters();
    samples.gauge({"rescind_denylist_up", "1: Redis is reached."}, {}, kept.connected ? 1 : 0);
    samples.counter({"rescind_denylist_entries_written_total", "Entries written to Redis."}, {},
                    static_cast<double>(kept.entries));
    samples.counter({"rescind_denylist_rewrites_total", "How often all entries were written."}, {},
                    static_cast<double>(kept.wholes));
  });
}

}  // namespace

Exit run_denylist(const Invocation& invocation) {
  return exit_of(run_role<DenylistConfig, DenylistRole>(invocation));
}

}  // namespace rescind::cli

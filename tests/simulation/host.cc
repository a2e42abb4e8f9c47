#include "simulation/host.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "feed/checkpoint.h"

namespace rescind::simulation {
namespace {

constexpr Milliseconds kMaxStaleness{5'000};

}  // namespace

// Keeps one blob, and tears or spoils it now and then as it is saved.
class Host::Disk final : public feed::Checkpoint {
 public:
  explicit Disk(const Host& host)
      : host_(host), dice_(host.parts_.world.dice(host.name_ + "'s disk")) {}

  Result<std::optional<std::string>> load() override { return blob_; }

  Result<void> save(std::string_view blob) override {
    blob_ = blob;
    intact_ = true;
    host_.parts_.oracle.on_saved(host_.seen());
    if (host_.parts_.faults.checkpoints_tear && dice_.chance(300)) spoil();
    return {};
  }

  void clear() { blob_.reset(); }
  bool is_intact() const { return blob_ && intact_; }

 private:
  void spoil() {
    intact_ = false;
    if (dice_.chance(500)) {
      blob_->resize(dice_.below(blob_->size()));
    } else {
      char& byte = (*blob_)[dice_.below(blob_->size())];
      byte = static_cast<char>(byte ^ 0x04);
    }
  }

  const Host& host_;
  Dice dice_;
  std::optional<std::string> blob_;
  bool intact_ = false;
};

Host::Host(const Parts& parts, std::string name)
    : parts_(parts),
      name_(std::move(name)),
      clock_dice_(parts.world.dice(name_ + "'s clock")),
      follower_dice_(parts.world.dice(name_ + "'s follower")),
      clock_(parts.world,
             parts.faults.clocks_step
                 ? clock_dice_.between(std::chrono::seconds(-50), std::chrono::seconds(50))
                 : Milliseconds(0),
             parts.faults.drift_ppm),
      origin_(parts.world, parts.faults, parts.authority, name_),
      disk_(std::make_unique<Disk>(*this)),
      clock_was_wrong_(parts.faults.clocks_step) {
  start();
}

Host::~Host() { crash(false); }

void Host::start(bool is_new_life) {
  if (up()) return;
  auto index = revocation::Index::create(follower_dice_, {.initial_entries = 64});
  CHECK(index.has_value());
  index_ = *std::move(index);
  follower_ = std::make_unique<feed::Follower>(
      feed::Follower::Options{.name = name_,
                              .issuer = std::string("https://auth.example"),
                              .keys = Authority::first_keys(),
                              .policy = "refuse",
                              .heartbeat = Milliseconds(1000),
                              .checkpoint_every = Milliseconds(2500)},
      *index_, origin_, disk_.get(), follower_dice_, log_, [this] {
        if (stepper_) stepper_->wake();
      });
  started_ = parts_.world.now();
  was_ready_ = false;
  histories_lost_ = 0;
  origin_.forget_told();
  if (is_new_life) parts_.oracle.on_restart(name_, disk_->is_intact());
  stepper_ = std::make_unique<Stepper>(parts_.world, clock_, [this](Now now) { return step(now); });
  parts_.world.note(name_, "starts");
  stepper_->wake();
  if (on_start_) on_start_();
}

void Host::crash(bool orderly) {
  if (!up()) return;
  if (orderly) (void)follower_->save_checkpoint(clock_.now());
  parts_.world.note(name_, orderly ? "stops" : "dies");
  stepper_.reset();
  follower_.reset();
  index_.reset();
  unheard_.clear();
}

void Host::pause_for(Milliseconds time) {
  parts_.world.note(name_, "pauses");
  paused_until_ = parts_.world.now() + time;
  parts_.world.at(paused_until_, [this] {
    if (!is_paused()) go_on();
  });
}

void Host::go_on() {
  paused_until_ = std::min(paused_until_, parts_.world.now());
  for (const auto& jws : std::exchange(unheard_, {})) hear(jws);
  if (stepper_) stepper_->wake();
}

void Host::hear(std::string_view jws) {
  if (!up()) return;
  if (is_paused()) {
    unheard_.emplace_back(jws);
    return;
  }
  follower_->on_word(jws, clock_.now());
  after_step();
}

BootTime Host::step(Now now) {
  if (is_paused()) return BootTime::max();  // the end of the pause wakes it
  const BootTime next = follower_->step(now);
  after_step();
  return next;
}

void Host::after_step() {
  parts_.oracle.on_step(seen());
  if (!was_ready_ && seen().staleness <= kMaxStaleness) {
    was_ready_ = true;
    parts_.world.note(name_, "is ready at " + to_string(follower_->position()));
    parts_.oracle.on_ready(seen());
  }
  if (follower_->counters().histories_lost > histories_lost_) {
    histories_lost_ = follower_->counters().histories_lost;
    parts_.world.note(name_, "finds a history lost");
    if (parts_.plant == Plant::kClearedOnResync) forget_everything();
  }
}

// Planted: and the oracle is not told, to which it is the same life.
void Host::forget_everything() {
  parts_.world.after(Time(0), [this] {
    if (!up()) return;
    disk_->clear();
    crash(false);
    start(false);
  });
}

Seen Host::seen() const {
  Seen seen{.name = name_,
            .index = index_.get(),
            .started = started_,
            .clock_was_wrong = clock_was_wrong_};
  if (!up()) return seen;
  const revocation::FeedState& state = index_->state();
  seen.ready = state.ready && state.can_follow;
  seen.staleness = seen.ready
                       ? state.freshness.staleness(clock_.now(), parts_.faults.max_clock_skew())
                       : Milliseconds::max();
  seen.unconfirmed = follower_->counters().unconfirmed_terms > 0 || !origin_.has_told();
  return seen;
}

// What a verifier does with a token whose signature is good, and in its order.
Verdict Host::decide(const Token& token) const {
  const bool revoked = is_revoked(*index_, token);
  const WallTime floor = std::max(clock_.now().wall, index_->purge_time());
  if (floor >= token.expires + kLeeway) return Verdict::kExpired;
  return revoked ? Verdict::kRevoked : Verdict::kAccepted;
}

void Host::check(const Token& token) {
  if (!up() || is_paused()) return;
  const Seen now = seen();
  Verdict verdict = decide(token);
  if (verdict == Verdict::kAccepted && now.staleness > kMaxStaleness) verdict = Verdict::kNotFresh;
  parts_.oracle.on_decision(now, token, verdict);
}

}  // namespace rescind::simulation

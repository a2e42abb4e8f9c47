#include "simulation/run.h"

#include <memory>

#include "simulation/authority.h"
#include "simulation/broker.h"
#include "simulation/forger.h"
#include "simulation/host.h"
#include "simulation/oracle.h"
#include "simulation/signatures.h"
#include "simulation/store.h"
#include "simulation/world.h"

namespace rescind::simulation {
namespace {

using std::chrono::seconds;

constexpr Time kFaultsEnd = seconds(20);
constexpr Time kEnd = seconds(32);

bool has_real_store(const RunOptions& options) {
  using enum RunOptions::Real;
  if (options.real == kDrawn) return options.seed % 100 == 0;
  return options.real == kStore || options.real == kBoth;
}
bool has_real_signatures(const RunOptions& options) {
  using enum RunOptions::Real;
  return options.real == kDrawn ? options.seed % 100 == 50 : options.real == kBoth;
}

class Run {
 public:
  explicit Run(const RunOptions& options)
      : world_(options.seed, options.traced),
        dice_(world_.dice("life")),
        mishaps_(world_.dice("mishaps")),
        faults_(drawn_for(options)),
        plant_(options.plant),
        oracle_(world_, faults_.slack()) {
    use(has_real_signatures(options) ? Signatures::kReal : Signatures::kStandIn);
    for (int i = 0; i < (faults_.two_roads ? 2 : 1); ++i) {
      brokers_.push_back(std::make_unique<Broker>(world_, faults_, "broker-" + std::to_string(i)));
    }
    authority_ = std::make_unique<Authority>(
        Authority::Parts{world_, faults_, options.plant, oracle_},
        has_real_store(options) ? real_store(options.folder) : model_store(), brokers_);
    const auto hosts = 1 + dice_.below(3);
    for (std::uint64_t i = 0; i < hosts; ++i) add_host("host-" + std::to_string(i));
  }

  Outcome run() {
    live();
    go_wrong();
    world_.run_until(kFaultsEnd);
    heal();
    world_.run_until(kEnd);
    std::vector<Seen> followers;
    for (const auto& host : hosts_) followers.push_back(host->seen());
    oracle_.at_the_end(followers);
    check_all();
    return {.violations = oracle_.violations(),
            .decisions = oracle_.decisions(),
            .accepted = oracle_.accepted(),
            .refused = oracle_.refused(),
            .events = world_.events(),
            .trace_digest = world_.trace_digest()};
  }

 private:
  Faults drawn_for(const RunOptions& options) const {
    Faults faults = Faults::drawn(world_);
    // The real store writes what it knows; and so does the model that is compared with it.
    if (has_real_store(options) || options.real != RunOptions::Real::kDrawn) {
      faults.version_is_newer = faults.newer_is_critical = false;
    }
    return faults;
  }

  void add_host(const std::string& name) {
    hosts_.push_back(
        std::make_unique<Host>(Host::Parts{world_, faults_, plant_, oracle_, *authority_}, name));
    Host* const host = hosts_.back().get();
    const bool is_slow = hosts_.size() == 1;
    for (const auto& broker : brokers_) {
      broker->connect(name, is_slow ? faults_.slow_by : Milliseconds(0),
                      [host](std::string_view jws) { host->hear(jws); });
    }
    host->on_start([this, host] {
      for (const auto& broker : brokers_) broker->reconnect(host->name());
    });
  }

  // Does it again and again, with pauses between, until `end`.
  void often(Milliseconds mean, Time end, std::function<void()> what) {
    const Time next = world_.now() + dice_.between(Milliseconds(1), mean * 2);
    if (next >= end) return;
    world_.at(next, [this, mean, end, what = std::move(what)] {
      what();
      often(mean, end, what);
    });
  }
  void now_and_then(bool wanted, Milliseconds mean, std::function<void()> what) {
    if (wanted) often(mean, kFaultsEnd, std::move(what));
  }
  Milliseconds a_while(Milliseconds longest) {
    return mishaps_.between(Milliseconds(100), longest);
  }
  Host& any_host(Dice& dice) { return *hosts_[dice.below(hosts_.size())]; }
  Broker& any_broker() { return *brokers_[mishaps_.below(brokers_.size())]; }
  std::string any_user() { return "u-" + std::to_string(dice_.below(4)); }

  void live() {
    often(Milliseconds(500), kEnd, [this] { authority_->sign_in(any_user()); });
    often(Milliseconds(1000), kEnd - seconds(2), [this] { revoke_something(); });
    often(Milliseconds(60), kEnd, [this] { check_something(); });
  }

  void revoke_something() {
    for (auto left = 1 + (dice_.chance(100) ? dice_.below(30) : 0); left > 0; --left) {
      if (dice_.chance(250)) {
        authority_->revoke(true, any_user());
      } else if (!oracle_.tokens().empty()) {
        authority_->revoke(false, any_token().session);
      }
    }
  }

  // Rather a late one.
  const Token& any_token() {
    const auto& tokens = oracle_.tokens();
    const std::size_t newest = std::min<std::size_t>(tokens.size(), 30);
    return tokens[tokens.size() - 1 - dice_.below(newest)];
  }

  void check_something() {
    if (!oracle_.tokens().empty()) any_host(dice_).check(any_token());
  }

  void check_all() {
    for (const auto& host : hosts_) {
      for (const auto& token : oracle_.tokens()) host->check(token);
    }
  }

  void go_wrong() {
    now_and_then(faults_.followers_crash, seconds(4), [this] { crash_host(); });
    now_and_then(faults_.followers_pause, seconds(6),
                 [this] { any_host(mishaps_).pause_for(a_while(seconds(7))); });
    now_and_then(faults_.origins_are_cut_off, seconds(6),
                 [this] { any_host(mishaps_).origin().cut_off_for(a_while(seconds(6))); });
    now_and_then(faults_.clocks_step, seconds(4), [this] { step_clock(); });
    break_roads();
    break_authority();
  }

  void break_roads() {
    // Drawn one after the other: compilers differ in which argument they evaluate first.
    now_and_then(faults_.roads_hold_back, seconds(6), [this] {
      const std::string& host = any_host(mishaps_).name();
      const Milliseconds time = a_while(seconds(8));
      any_broker().hold_back(host, time);
    });
    now_and_then(faults_.roads_are_cut, seconds(6), [this] {
      const std::string& host = any_host(mishaps_).name();
      const Milliseconds time = a_while(seconds(6));
      any_broker().cut(host, time);
    });
    now_and_then(faults_.broker_fails, seconds(7),
                 [this] { any_broker().fail_for(a_while(seconds(7))); });
    now_and_then(faults_.broker_loses_data, seconds(7), [this] { any_broker().lose_data(); });
    now_and_then(faults_.retention_cuts, seconds(4), [this] { any_broker().cut_retention(); });
    now_and_then(faults_.words_are_replayed, seconds(3), [this] { any_broker().replay(); });
    now_and_then(faults_.forgers, seconds(3), [this] {
      for (const auto& jws : forged(*authority_, mishaps_)) any_broker().inject(jws);
    });
  }

  void break_authority() {
    now_and_then(faults_.authority_crashes, seconds(6),
                 [this] { authority_->crash_for_a_while(); });
    now_and_then(faults_.keys_change, seconds(8), [this] { authority_->change_key(); });
    now_and_then(faults_.two_publishers, seconds(4), [this] { authority_->pause_a_publisher(); });
    now_and_then(faults_.version_is_newer, seconds(8),
                 [this] { authority_->write_newer(faults_.newer_is_critical); });
    now_and_then(faults_.backups_are_restored, seconds(5), [this] { authority_->back_up(); });
    now_and_then(faults_.backups_are_restored, seconds(8), [this] {
      if (authority_->has_backup()) authority_->restore();
    });
  }

  void crash_host() {
    Host& host = any_host(mishaps_);
    host.crash(mishaps_.chance(300));
    world_.after(mishaps_.between(Milliseconds(0), seconds(4)), [&host] { host.start(); });
  }

  void step_clock() {
    const Milliseconds hour = std::chrono::hours(1);
    MachineClock& clock = any_host(mishaps_).clock();
    clock.step_wall(mishaps_.between(-hour, hour));
    world_.note("world", "steps clocks");
    // A restored authority's clock may not be set back too: then a term could begin below what was
    // lost, and only the follower's proof would bring it above (follower_history_test.cc has it).
    const Milliseconds back = faults_.backups_are_restored ? Milliseconds(0) : seconds(5);
    if (mishaps_.chance(300)) {
      const Milliseconds by = mishaps_.between(-back, seconds(5));
      authority_->clock().step_wall(by);
      world_.note("authority", "has its clock stepped by " + std::to_string(by.count()) + " ms");
    }
  }

  void heal() {
    world_.note("world", "is healed");
    faults_ = faults_.healed();
    for (const auto& broker : brokers_) broker->heal();
    authority_->start();
    for (const auto& host : hosts_) {
      host->clock().set_right();
      host->origin().cut_off_for(Milliseconds(0));
      host->go_on();
      host->start();
    }
  }

  World world_;
  Dice dice_;
  Dice mishaps_;
  Faults faults_;
  Plant plant_;
  Oracle oracle_;
  std::vector<std::unique_ptr<Broker>> brokers_;
  std::unique_ptr<Authority> authority_;
  std::vector<std::unique_ptr<Host>> hosts_;
};

}  // namespace

Outcome run(const RunOptions& options) { return Run(options).run(); }

}  // namespace rescind::simulation

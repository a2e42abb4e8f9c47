#include "simulation/run.h"

#include <memory>

#include "simulation/authority.h"
#include "simulation/host.h"
#include "simulation/oracle.h"
#include "simulation/road.h"
#include "simulation/world.h"

namespace rescind::simulation {
namespace {

using std::chrono::seconds;

constexpr Time kFaultsEnd = seconds(40);
constexpr Time kEnd = seconds(60);

class Run {
 public:
  explicit Run(const RunOptions& options)
      : world_(options.seed, options.traced),
        faults_(Faults::drawn(world_)),
        oracle_(world_, faults_.slack()),
        broker_(world_, faults_),
        authority_({world_, faults_, options.plant, oracle_, options.folder}, broker_) {
    const auto hosts = 1 + world_.random().below(3);
    for (std::uint64_t i = 0; i < hosts; ++i) {
      hosts_.push_back(
          std::make_unique<Host>(Host::Parts{world_, faults_, options.plant, oracle_, authority_},
                                 "host-" + std::to_string(i)));
      broker_.connect(hosts_.back()->name(),
                      [host = hosts_.back().get()](std::string_view jws) { host->hear(jws); });
    }
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
            .trace_digest = world_.trace_digest()};
  }

 private:
  // Does it again and again, with pauses between, until `end`.
  void often(Milliseconds mean, Time end, std::function<void()> what) {
    const Time next = world_.now() + world_.between(Milliseconds(1), mean * 2);
    if (next >= end) return;
    world_.at(next, [this, mean, end, what = std::move(what)] {
      what();
      often(mean, end, what);
    });
  }
  void now_and_then(bool wanted, Milliseconds mean, std::function<void()> what) {
    if (wanted) often(mean, kFaultsEnd, std::move(what));
  }
  Host& any_host() { return *hosts_[world_.random().below(hosts_.size())]; }
  std::string any_user() { return "u-" + std::to_string(world_.random().below(4)); }

  void live() {
    often(Milliseconds(500), kEnd, [this] { authority_.sign_in(any_user()); });
    often(Milliseconds(1000), kEnd - seconds(2), [this] { revoke_something(); });
    often(Milliseconds(40), kEnd, [this] { check_something(); });
  }

  void revoke_something() {
    for (auto left = 1 + (world_.chance(100) ? world_.random().below(30) : 0); left > 0; --left) {
      if (world_.chance(250)) {
        authority_.revoke(true, any_user());
      } else if (!oracle_.tokens().empty()) {
        authority_.revoke(false, any_token().session);
      }
    }
  }

  // Rather a late one.
  const Token& any_token() {
    const auto& tokens = oracle_.tokens();
    const std::size_t newest = std::min<std::size_t>(tokens.size(), 30);
    return tokens[tokens.size() - 1 - world_.random().below(newest)];
  }

  void check_something() {
    if (!oracle_.tokens().empty()) any_host().check(any_token());
  }

  void check_all() {
    for (const auto& host : hosts_) {
      for (const auto& token : oracle_.tokens()) host->check(token);
    }
  }

  void go_wrong() {
    now_and_then(faults_.followers_crash, seconds(8), [this] { crash_host(); });
    now_and_then(faults_.followers_pause, seconds(10),
                 [this] { any_host().pause_for(world_.between(Milliseconds(100), seconds(8))); });
    now_and_then(faults_.roads_hold_back, seconds(10), [this] {
      broker_.hold_back(any_host().name(), world_.between(Milliseconds(100), seconds(10)));
    });
    now_and_then(faults_.broker_fails, seconds(12),
                 [this] { broker_.fail_for(world_.between(Milliseconds(100), seconds(8))); });
    now_and_then(faults_.words_are_replayed, seconds(5), [this] { broker_.replay(); });
    now_and_then(faults_.origins_are_cut_off, seconds(10), [this] {
      any_host().origin().cut_off_for(world_.between(Milliseconds(100), seconds(6)));
    });
    now_and_then(faults_.authority_crashes, seconds(10), [this] { crash_authority(); });
    now_and_then(faults_.keys_change, seconds(15), [this] { authority_.change_key(); });
    now_and_then(faults_.backups_are_restored, seconds(10), [this] { authority_.back_up(); });
    now_and_then(faults_.backups_are_restored, seconds(15), [this] {
      if (authority_.has_backup()) authority_.restore();
    });
    now_and_then(faults_.clocks_step, seconds(8), [this] { step_clock(); });
  }

  void crash_host() {
    Host& host = any_host();
    host.crash(world_.chance(300));
    world_.after(world_.between(Milliseconds(0), seconds(6)), [&host] { host.start(); });
  }

  void crash_authority() {
    authority_.crash();
    world_.after(world_.between(Milliseconds(50), seconds(4)), [this] { authority_.start(); });
  }

  void step_clock() {
    const Milliseconds hour = std::chrono::hours(1);
    MachineClock& clock = any_host().clock();
    clock.step_wall(world_.between(-hour, hour));
    world_.note("world", "steps clocks");
    // A restored authority's clock may not be set back too: then a term could begin below what was
    // lost, and only the follower's proof would bring it above (follower_history_test.cc has it).
    const Milliseconds back = faults_.backups_are_restored ? Milliseconds(0) : seconds(5);
    if (world_.chance(300)) {
      const Milliseconds by = world_.between(-back, seconds(5));
      authority_.clock().step_wall(by);
      world_.note("authority", "has its clock stepped by " + std::to_string(by.count()) + " ms");
    }
  }

  void heal() {
    world_.note("world", "is healed");
    const Faults ill = faults_;
    faults_ = Faults{};
    faults_.late_by = ill.late_by;
    faults_.followers_pause = ill.followers_pause;  // the oracle's slack stays
    faults_.roads_hold_back = ill.roads_hold_back;
    authority_.start();
    for (const auto& host : hosts_) {
      host->clock().set_right();
      host->start();
    }
  }

  World world_;
  Faults faults_;
  Oracle oracle_;
  Broker broker_;
  Authority authority_;
  std::vector<std::unique_ptr<Host>> hosts_;
};

}  // namespace

Outcome run(const RunOptions& options) { return Run(options).run(); }

}  // namespace rescind::simulation

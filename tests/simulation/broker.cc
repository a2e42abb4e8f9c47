#include "simulation/broker.h"

#include <algorithm>
#include <utility>

namespace rescind::simulation {
namespace {

constexpr std::size_t kRetentionCutTo = 3;  // words
constexpr int kLongestQueue = 20;           // words that a slow follower may be behind

}  // namespace

Broker::Broker(World& world, const Faults& faults, std::string name)
    : world_(world), faults_(faults), name_(std::move(name)), dice_(world.dice(name_)) {}

void Broker::connect(const std::string& follower, Milliseconds slow_by, Hear hear) {
  roads_.emplace(follower, Road{.hear = std::move(hear),
                                .dice = world_.dice(name_ + " to " + follower),
                                .slow_by = slow_by});
}

void Broker::reconnect(const std::string& follower) {
  if (!faults_.brokers_keep_log) return;
  const auto road = roads_.find(follower);
  if (road == roads_.end()) return;
  // From the beginning, or from what comes next: the origin has the rest.
  road->second.cursor = faults_.readers_begin_anew ? log_begin_ : log_begin_ + log_.size();
  read_on(road->second);
}

Result<void> Broker::publish(const feed::Sealed& batch) { return carry(batch.jws); }
Result<void> Broker::publish_heartbeat(std::string_view jws) { return carry(jws); }

void Broker::fail_for(Milliseconds time) {
  failing_until_ = world_.now() + time;
  world_.note(name_, "fails");
}

void Broker::hold_back(const std::string& follower, Milliseconds time) {
  roads_.at(follower).held_until = world_.now() + time;
  world_.note(name_, "holds back from " + follower);
}

void Broker::cut(const std::string& follower, Milliseconds time) {
  roads_.at(follower).cut_until = world_.now() + time;
  world_.note(name_, "is cut off from " + follower);
}

Result<void> Broker::carry(std::string_view jws) {
  if (world_.now() < failing_until_) return fail(ErrorCode::kUnavailable, "the broker is down");
  past_.emplace_back(jws);
  if (faults_.brokers_keep_log) {
    log_.emplace_back(jws);
    for (auto& [follower, road] : roads_) read_on(road);
    return {};
  }
  for (auto& [follower, road] : roads_) {
    if (road.dice.chance(faults_.drop)) continue;
    send(road, std::string(jws));
    while (road.dice.chance(faults_.duplicate)) send(road, std::string(jws));
  }
  return {};
}

// Lost on the way, or damaged.
bool Broker::spoilt(Road& road, std::string& jws) {
  if (world_.now() < road.cut_until) return true;
  if (road.dice.chance(faults_.damage)) {
    char& byte = jws[road.dice.below(jws.size())];
    byte = static_cast<char>(byte ^ (1 << road.dice.below(7)));
  }
  return false;
}

void Broker::send(Road& road, std::string jws) {
  if (spoilt(road, jws)) return;
  Time arrival = world_.now() + road.dice.between(Milliseconds(0), faults_.usual_delay);
  if (road.dice.chance(faults_.late)) {
    arrival += road.dice.between(Milliseconds(0), faults_.late_by);
  }
  arrival = std::max(arrival, road.held_until);
  if (road.slow_by.count() > 0) {
    if (road.busy_until > world_.now() + kLongestQueue * road.slow_by) return;  // overflown
    arrival = road.busy_until = std::max(arrival, road.busy_until) + road.slow_by;
  }
  world_.at(arrival, [&road, jws = std::move(jws)] { road.hear(jws); });
}

// One word after the other, in the log's order.
void Broker::read_on(Road& road) {
  if (road.reads || road.cursor >= log_begin_ + log_.size()) return;
  road.reads = true;
  const Time arrival =
      world_.now() + road.dice.between(Milliseconds(0), faults_.usual_delay) + road.slow_by;
  world_.at(std::max(arrival, road.held_until), [this, &road] { deliver(road); });
}

void Broker::deliver(Road& road) {
  road.reads = false;
  if (road.cursor < log_begin_) road.cursor = log_begin_;  // what stood there is no longer kept
  const std::uint64_t index = road.cursor - log_begin_;
  if (index >= log_.size()) return;
  // Read once more now and then, as after a reader's own crash.
  if (!road.dice.chance(faults_.duplicate)) ++road.cursor;
  std::string jws = log_[index];
  if (!road.dice.chance(faults_.drop) && !spoilt(road, jws)) road.hear(jws);
  read_on(road);
}

void Broker::replay() {
  if (past_.empty()) return;
  for (auto& [follower, road] : roads_) {
    for (int i = 0; i < 5; ++i) send(road, past_[dice_.below(past_.size())]);
  }
}

void Broker::heal() {
  failing_until_ = Time(0);
  for (auto& [follower, road] : roads_) {
    road.slow_by = Milliseconds(0);
    road.held_until = road.cut_until = Time(0);
  }
}

void Broker::inject(const std::string& jws) {
  for (auto& [follower, road] : roads_) send(road, jws);
}

void Broker::lose_data() {
  world_.note(name_, "loses its data");
  log_.clear();
  log_begin_ = 0;
  // Whose place is past the end begins anew.
  for (auto& [follower, road] : roads_) road.cursor = 0;
}

void Broker::cut_retention() {
  world_.note(name_, "keeps its last words only");
  while (log_.size() > kRetentionCutTo) {
    log_.pop_front();
    ++log_begin_;
  }
}

}  // namespace rescind::simulation

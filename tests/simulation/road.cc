#include "simulation/road.h"

#include <utility>

#include "feed/authority_for_test.h"
#include "feed/log_origin.h"

namespace rescind::simulation {

Result<void> Broker::publish(const feed::Sealed& batch) { return carry(batch.jws); }
Result<void> Broker::publish_heartbeat(std::string_view jws) { return carry(jws); }

void Broker::fail_for(Milliseconds time) {
  failing_until_ = world_.now() + time;
  world_.note("broker", "fails");
}

void Broker::hold_back(const std::string& follower, Milliseconds time) {
  roads_.at(follower).held_until = world_.now() + time;
  world_.note("road", "to " + follower + " holds back");
}

Result<void> Broker::carry(std::string_view jws) {
  if (world_.now() < failing_until_) return fail(ErrorCode::kUnavailable, "the broker is down");
  past_.emplace_back(jws);
  for (auto& [follower, road] : roads_) {
    if (world_.chance(faults_.drop)) continue;
    send(road, std::string(jws));
    while (world_.chance(faults_.duplicate)) send(road, std::string(jws));
  }
  return {};
}

void Broker::send(Road& road, std::string jws) {
  Time arrival = world_.now() + world_.between(Milliseconds(0), faults_.usual_delay);
  if (world_.chance(faults_.late)) {
    arrival += world_.between(Milliseconds(0), faults_.late_by);
  }
  if (world_.chance(faults_.damage)) {
    char& byte = jws[world_.random().below(jws.size())];
    byte = static_cast<char>(byte ^ (1 << world_.random().below(7)));
  }
  world_.at(std::max(arrival, road.held_until), [&road, jws = std::move(jws)] { road.hear(jws); });
}

void Broker::replay() {
  if (past_.empty()) return;
  for (auto& [follower, road] : roads_) {
    for (int i = 0; i < 5; ++i) send(road, past_[world_.random().below(past_.size())]);
  }
}

template <typename T>
void DistantOrigin::travel(std::function<Result<T>()> ask, Then<T> then) {
  const Time there = world_.between(Milliseconds(0), faults_.usual_delay);
  const Time back = world_.between(Milliseconds(0), faults_.usual_delay);
  const bool fails = world_.now() < cut_off_until_ || world_.chance(faults_.origin_fails);
  world_.after(there, [this, ask, then, fails, back] {
    // Whether the question or the answer is lost: half of the failed questions had their effect.
    Result<T> answer = fail(ErrorCode::kTimeout, "no answer");
    if (!fails || world_.chance(500)) {
      Result<T> real = ask();
      if (!fails) answer = std::move(real);
    }
    world_.after(fails ? Milliseconds(1000) : back,
                 [then, answer = std::move(answer)] { then(answer); });
  });
}

void DistantOrigin::batches_after(feed::Position after, Then<std::vector<std::string>> then) {
  travel<std::vector<std::string>>(
      [this, after]() -> Result<std::vector<std::string>> {
        TRY_ASSIGN(const auto batches, authority_.log().read_after(after, 16));
        std::vector<std::string> words;
        for (const auto& batch : batches) words.push_back(batch.jws);
        return words;
      },
      std::move(then));
}

void DistantOrigin::snapshot(Then<feed::Snapshot> then) {
  travel<feed::Snapshot>([this] { return authority_.log().snapshot(); }, std::move(then));
}

void DistantOrigin::heartbeat(Then<std::string> then) {
  travel<std::string>(
      [this] {
        return feed::heartbeat_of(authority_.log(), feed::kTestIssuer, "default",
                                  *authority_.key());
      },
      std::move(then));
}

void DistantOrigin::report(const feed::Report& report, Then<void> then) {
  travel<void>([this, report] { return authority_.take(report); }, std::move(then));
}

}  // namespace rescind::simulation

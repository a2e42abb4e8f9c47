#include "simulation/origin.h"

#include <utility>

#include "feed/authority_for_test.h"
#include "feed/log_origin.h"

namespace rescind::simulation {

template <typename T>
void DistantOrigin::travel(Answer answer, std::function<Result<T>()> ask, Then<T> then) {
  const Time there = dice_.between(Milliseconds(0), faults_.usual_delay);
  const Time back = dice_.between(Milliseconds(0), faults_.usual_delay);
  const bool fails = world_.now() < cut_off_until_ || dice_.chance(faults_.origin_fails) ||
                     (answer == Answer::kLong && long_dice_.chance(faults_.long_answers_fail));
  world_.after(there, [this, ask, then, fails, back] {
    // Whether the question or the answer is lost: half of the failed questions had their effect.
    Result<T> answered = fail(ErrorCode::kTimeout, "no answer");
    if (!fails || dice_.chance(500)) {
      Result<T> real = ask();
      if (!fails) answered = std::move(real);
    }
    world_.after(fails ? Milliseconds(1000) : back,
                 [then, answered = std::move(answered)] { then(answered); });
  });
}

void DistantOrigin::batches_after(feed::Position after, Then<std::vector<std::string>> then) {
  travel<std::vector<std::string>>(
      Answer::kLong,
      [this, after]() -> Result<std::vector<std::string>> {
        TRY_ASSIGN(const auto batches, authority_.log().read_after(after, 16));
        std::vector<std::string> words;
        for (const auto& batch : batches) words.push_back(batch.jws);
        return words;
      },
      std::move(then));
}

void DistantOrigin::snapshot(Then<feed::Snapshot> then) {
  travel<feed::Snapshot>(
      Answer::kLong, [this] { return authority_.log().snapshot(); }, std::move(then));
}

void DistantOrigin::heartbeat(Then<std::string> then) {
  travel<std::string>(
      Answer::kShort,
      [this] {
        return feed::heartbeat_of(authority_.log(), feed::kTestIssuer, "default",
                                  *authority_.key());
      },
      [this, then = std::move(then)](Result<std::string> answer) {
        has_told_ = has_told_ || answer.has_value();
        then(std::move(answer));
      });
}

void DistantOrigin::report(const feed::Report& report, Then<void> then) {
  travel<void>(Answer::kShort, [this, report] { return authority_.take(report); }, std::move(then));
}

}  // namespace rescind::simulation

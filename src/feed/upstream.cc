#include "feed/upstream.h"

#include <utility>

namespace rescind::feed {

Upstream::Upstream(Origin& origin, std::function<void()> wake)
    : origin_(origin), box_(std::make_shared<Box>(Box{.answers = {}, .wake = std::move(wake)})) {}

template <typename T>
Origin::Then<T> Upstream::into(std::optional<Result<T>> Answers::* place) const {
  return [place, box = std::weak_ptr<Box>(box_)](Result<T> answer) {
    const auto alive = box.lock();
    if (!alive) return;
    (alive->answers.*place).emplace(std::move(answer));
    if (alive->wake) alive->wake();
  };
}

void Upstream::ask_batches(Position after) {
  origin_.batches_after(after, into(&Answers::batches));
}
void Upstream::ask_snapshot() { origin_.snapshot(into(&Answers::snapshot)); }
void Upstream::ask_heartbeat() { origin_.heartbeat(into(&Answers::heartbeat)); }
void Upstream::report(const Report& report) { origin_.report(report, into(&Answers::report)); }

bool Upstream::has_answers() const {
  const Answers& answers = box_->answers;
  return answers.batches || answers.snapshot || answers.heartbeat || answers.report;
}

Upstream::Answers Upstream::take() { return std::exchange(box_->answers, Answers{}); }

}  // namespace rescind::feed

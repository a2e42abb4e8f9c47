#include "transport/memory.h"

#include <utility>
#include <vector>

namespace rescind::transport {

class MemoryTransport::MemorySubscription final : public feed::Subscription {
 public:
  explicit MemorySubscription(std::shared_ptr<const feed::Subscriber> subscriber)
      : subscriber_(std::move(subscriber)) {}

 private:
  std::shared_ptr<const feed::Subscriber> subscriber_;
};

Result<void> MemoryTransport::publish(const feed::Sealed& batch) {
  kept_.push_back(batch);
  if (kept_.size() > kKeptBatches) kept_.pop_front();
  deliver(batch.jws);
  return {};
}

Result<void> MemoryTransport::publish_heartbeat(std::string_view jws) {
  deliver(jws);
  return {};
}

void MemoryTransport::deliver(std::string_view jws) {
  std::erase_if(subscribers_, [](const auto& one) { return one.expired(); });
  // Who subscribes meanwhile hears of it from what is kept.
  const std::vector<std::weak_ptr<const feed::Subscriber>> now(subscribers_.begin(),
                                                               subscribers_.end());
  for (const auto& weak : now) {
    if (const auto subscriber = weak.lock(); subscriber && subscriber->on_word) {
      subscriber->on_word(jws);
    }
  }
}

std::unique_ptr<feed::Subscription> MemoryTransport::subscribe(
    std::function<feed::Position()> after, feed::Subscriber subscriber) {
  auto shared = std::make_shared<const feed::Subscriber>(std::move(subscriber));
  subscribers_.push_back(shared);
  if (shared->on_state) shared->on_state(true);
  const feed::Position from = after ? after() : feed::Position{};
  const std::vector<feed::Sealed> kept(kept_.begin(), kept_.end());
  for (const auto& batch : kept) {
    if (batch.position > from && shared->on_word) shared->on_word(batch.jws);
  }
  return std::make_unique<MemorySubscription>(std::move(shared));
}

}  // namespace rescind::transport

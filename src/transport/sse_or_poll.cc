#include "transport/sse_or_poll.h"

#include <utility>

namespace rescind::transport {
namespace {

class Both : public std::enable_shared_from_this<Both> {
 public:
  Both(feed::Road& poll, std::function<feed::Position()> after, feed::Subscriber subscriber)
      : poll_road_(poll), after_(std::move(after)), subscriber_(std::move(subscriber)) {}

  void start(feed::Road& stream_road) {
    stream_ = stream_road.subscribe(
        after_, subscriber([](Both& self, bool open) { self.on_stream(open); }));
  }
  void end() {
    ended_ = true;
    stream_.reset();
    poll_.reset();
  }

 private:
  // What is heard on either road, as long as nobody has ended this.
  feed::Subscriber subscriber(void (*on_state)(Both&, bool)) {
    const std::weak_ptr<Both> weak = weak_from_this();
    return {.on_word =
                [weak](std::string_view jws) {
                  if (const auto self = weak.lock()) self->subscriber_.on_word(jws);
                },
            .on_state =
                [weak, on_state](bool open) {
                  if (const auto self = weak.lock()) on_state(*self, open);
                }};
  }

  void on_stream(bool open) {
    stream_open_ = open;
    failures_ = open ? 0 : failures_ + 1;
    if (open) {
      poll_.reset();
      poll_open_ = false;
    } else if (failures_ >= SseOrPoll::kAttempts && !poll_) {
      poll_ = poll_road_.subscribe(
          after_, subscriber([](Both& self, bool polling) { self.on_poll(polling); }));
    }
    tell();
  }
  void on_poll(bool open) {
    poll_open_ = open;
    tell();
  }
  void tell() {
    const bool connected = stream_open_ || poll_open_;
    if (ended_ || std::exchange(told_, connected) == connected) return;
    if (subscriber_.on_state) subscriber_.on_state(connected);
  }

  feed::Road& poll_road_;
  const std::function<feed::Position()> after_;
  const feed::Subscriber subscriber_;
  std::unique_ptr<feed::Subscription> stream_;
  std::unique_ptr<feed::Subscription> poll_;
  unsigned failures_ = 0;  // of the stream, in a row
  bool stream_open_ = false;
  bool poll_open_ = false;
  bool told_ = false;
  bool ended_ = false;
};

class BothSubscription final : public feed::Subscription {
 public:
  explicit BothSubscription(std::shared_ptr<Both> both) : both_(std::move(both)) {}
  ~BothSubscription() override { both_->end(); }
  BothSubscription(const BothSubscription&) = delete;
  BothSubscription& operator=(const BothSubscription&) = delete;

 private:
  std::shared_ptr<Both> both_;
};

}  // namespace

std::unique_ptr<feed::Subscription> SseOrPoll::subscribe(std::function<feed::Position()> after,
                                                         feed::Subscriber subscriber) {
  auto both = std::make_shared<Both>(*poll_, std::move(after), std::move(subscriber));
  both->start(*stream_);
  return std::make_unique<BothSubscription>(std::move(both));
}

}  // namespace rescind::transport

#pragma once
// What an https:// feed URL means: server-sent events, and long polls for as long as no stream can
// be opened (a proxy that holds back what is not finished, say). Attempts at a stream go on
// meanwhile, with their own back-off. One thread, the loop's.

#include <memory>

#include "feed/ports.h"

namespace rescind::transport {

class SseOrPoll final : public feed::Road {
 public:
  // After so many failed attempts in a row polling begins. It ends when a stream is open.
  static constexpr unsigned kAttempts = 2;

  SseOrPoll(std::unique_ptr<feed::Road> stream, std::unique_ptr<feed::Road> poll)
      : stream_(std::move(stream)), poll_(std::move(poll)) {}

  // The road outlives its subscriptions. on_state tells changes alone: whether either is open.
  std::unique_ptr<feed::Subscription> subscribe(std::function<feed::Position()> after,
                                                feed::Subscriber subscriber) override;

 private:
  std::unique_ptr<feed::Road> stream_;
  std::unique_ptr<feed::Road> poll_;
};

}  // namespace rescind::transport

#include "transport/stream_road.h"

#include <utility>

#include "transport/poll_backoff.h"
#include "transport/poll_caller.h"

namespace rescind::transport {

namespace {

class Following : public std::enable_shared_from_this<Following> {
 public:
  Following(std::shared_ptr<FeedCaller> caller, std::shared_ptr<StreamReader> reader,
            std::function<feed::Position()> after, feed::Subscriber subscriber)
      : caller_(std::move(caller)),
        reader_(std::move(reader)),
        after_(std::move(after)),
        subscriber_(std::move(subscriber)),
        backoff_(caller_->random) {}

  void connect_in(Milliseconds pause) {
    timer_ = caller_->loop.after(pause, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->connect();
    });
  }

  void end() {
    ended_ = true;
    stream_.reset();
    if (timer_) caller_->loop.cancel(*timer_);
  }

 private:
  void connect();
  void on_head(const net::Response& head);
  void on_data(std::string_view bytes);
  void on_end(const Error& error);
  void on_first_byte();

  const std::shared_ptr<FeedCaller> caller_;
  const std::shared_ptr<StreamReader> reader_;
  const std::function<feed::Position()> after_;
  const feed::Subscriber subscriber_;
  Backoff backoff_;
  std::unique_ptr<net::ClientStream> stream_;
  std::optional<net::Loop::TimerId> timer_;
  bool from_now_on_ = false;  // the last position was refused: without one, this once
  bool accepted_ = false;     // the head was good
  bool open_ = false;         // a byte has come
  bool complained_ = false;   // since it was open last
  bool ended_ = false;
};

void Following::connect() {
  timer_.reset();
  accepted_ = open_ = false;
  const bool resume = !from_now_on_ && after_;
  net::StreamRequest request =
      reader_->request(caller_->access, resume ? std::optional(after_()) : std::nullopt);
  request.idle_timeout = longest_silence(caller_->access);
  net::StreamCallbacks callbacks;
  callbacks.on_head = [weak = weak_from_this()](const net::Response& head) {
    if (const auto self = weak.lock()) self->on_head(head);
  };
  callbacks.on_data = [weak = weak_from_this()](std::string_view bytes) {
    if (const auto self = weak.lock()) self->on_data(bytes);
  };
  callbacks.on_end = [weak = weak_from_this()](const Error& error) {
    if (const auto self = weak.lock()) self->on_end(error);
  };
  stream_ = caller_->client.open_stream(std::move(request), std::move(callbacks));
}

void Following::on_head(const net::Response& head) {
  const bool refused_position = head.status == 410 || head.status == 409;
  if (refused_position && !std::exchange(from_now_on_, true)) {
    caller_->log.info("feed goes on from now: the position is not in its log", {});
    stream_.reset();
    return connect_in(Milliseconds(0));
  }
  from_now_on_ = false;
  if (const auto good = reader_->check(head); !good) return on_end(good.error());
  accepted_ = true;
}

void Following::on_first_byte() {
  complained_ = false;
  reader_->opened([weak = weak_from_this()](std::string bytes) {
    const auto self = weak.lock();
    return self && self->open_ && self->stream_ && self->stream_->send(std::move(bytes));
  });
  if (subscriber_.on_state) subscriber_.on_state(true);
}

void Following::on_data(std::string_view bytes) {
  if (!accepted_) return;
  if (!std::exchange(open_, true)) on_first_byte();
  const auto good = reader_->read(bytes, [this](std::string_view jws) {
    if (ended_) return;
    backoff_.reset();
    subscriber_.on_word(jws);
  });
  if (!good) on_end(good.error());
}

void Following::on_end(const Error& error) {
  if (ended_) return;
  stream_.reset();
  accepted_ = false;
  if (std::exchange(open_, false)) reader_->ended();
  if (!std::exchange(complained_, true)) {
    caller_->log.warning("feed's stream ended",
                         {{"url", caller_->access.url}, {"why", error.message}});
  }
  connect_in(backoff_.next());
  if (subscriber_.on_state) subscriber_.on_state(false);
}

class StreamSubscription final : public feed::Subscription {
 public:
  explicit StreamSubscription(std::shared_ptr<Following> following)
      : following_(std::move(following)) {}
  ~StreamSubscription() override { following_->end(); }
  StreamSubscription(const StreamSubscription&) = delete;
  StreamSubscription& operator=(const StreamSubscription&) = delete;

 private:
  std::shared_ptr<Following> following_;
};

}  // namespace

StreamRoad::StreamRoad(std::shared_ptr<FeedCaller> caller, MakeReader make_reader)
    : caller_(std::move(caller)), make_reader_(std::move(make_reader)) {}
StreamRoad::~StreamRoad() = default;

std::unique_ptr<feed::Subscription> StreamRoad::subscribe(std::function<feed::Position()> after,
                                                          feed::Subscriber subscriber) {
  auto following =
      std::make_shared<Following>(caller_, make_reader_(), std::move(after), std::move(subscriber));
  following->connect_in(Milliseconds(0));
  return std::make_unique<StreamSubscription>(std::move(following));
}

}  // namespace rescind::transport

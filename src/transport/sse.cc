#include "transport/sse.h"

#include <optional>
#include <utility>

#include "net/header_value.h"
#include "net/sse.h"
#include "transport/poll_backoff.h"
#include "transport/poll_caller.h"

namespace rescind::transport {

namespace {

class Following : public std::enable_shared_from_this<Following> {
 public:
  Following(std::shared_ptr<FeedCaller> caller, std::function<feed::Position()> after,
            feed::Subscriber subscriber)
      : caller_(std::move(caller)),
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

  const std::shared_ptr<FeedCaller> caller_;
  const std::function<feed::Position()> after_;
  const feed::Subscriber subscriber_;
  Backoff backoff_;
  net::EventDecoder decoder_;
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
  decoder_.reset();
  net::StreamRequest request;
  request.url = caller_->access.url;
  request.headers = headers_for(caller_->access, net::kEventStreamType);
  if (!from_now_on_ && after_) {
    request.headers.emplace_back("Last-Event-ID", revocation::to_string(after_()));
  }
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
  if (head.status != 200) return on_end(error_of(head));
  if (!net::is_media_type(head.content_type, net::kEventStreamType)) {
    return on_end({ErrorCode::kCorrupt, "the answer is no stream of events"});
  }
  accepted_ = true;
}

void Following::on_data(std::string_view bytes) {
  if (!accepted_) return;
  if (!std::exchange(open_, true)) {
    complained_ = false;
    if (subscriber_.on_state) subscriber_.on_state(true);
  }
  const bool good = decoder_.feed(bytes, [this](const net::Event& event) {
    if (ended_) return;
    backoff_.reset();
    subscriber_.on_word(event.data);
  });
  if (!good && !ended_) on_end({ErrorCode::kTooLarge, "an event is too long"});
}

void Following::on_end(const Error& error) {
  if (ended_) return;
  stream_.reset();
  if (!std::exchange(complained_, true)) {
    caller_->log.warning("feed's stream ended",
                         {{"url", caller_->access.url}, {"why", error.message}});
  }
  connect_in(backoff_.next());
  if (subscriber_.on_state) subscriber_.on_state(false);
}

class SseSubscription final : public feed::Subscription {
 public:
  explicit SseSubscription(std::shared_ptr<Following> following)
      : following_(std::move(following)) {}
  ~SseSubscription() override { following_->end(); }
  SseSubscription(const SseSubscription&) = delete;
  SseSubscription& operator=(const SseSubscription&) = delete;

 private:
  std::shared_ptr<Following> following_;
};

}  // namespace

Result<std::unique_ptr<SseRoad>> SseRoad::open(net::Loop& loop, FeedAccess access, Random& random,
                                               Log& log) {
  TRY_ASSIGN(FeedAccess good, checked(std::move(access)));
  auto caller = std::make_shared<FeedCaller>(loop, std::move(good), random, log);
  return std::unique_ptr<SseRoad>(new SseRoad(std::move(caller)));
}

SseRoad::SseRoad(std::shared_ptr<FeedCaller> caller) : caller_(std::move(caller)) {}
SseRoad::~SseRoad() = default;

std::unique_ptr<feed::Subscription> SseRoad::subscribe(std::function<feed::Position()> after,
                                                       feed::Subscriber subscriber) {
  auto following = std::make_shared<Following>(caller_, std::move(after), std::move(subscriber));
  following->connect_in(Milliseconds(0));
  return std::make_unique<SseSubscription>(std::move(following));
}

}  // namespace rescind::transport

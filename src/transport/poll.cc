#include "transport/poll.h"

#include <optional>
#include <utility>

#include "transport/limits.h"
#include "transport/poll_backoff.h"
#include "transport/poll_caller.h"
#include "transport/poll_messages.h"

namespace rescind::transport {
namespace {

class Polling : public std::enable_shared_from_this<Polling> {
 public:
  Polling(std::shared_ptr<FeedCaller> caller, std::function<feed::Position()> after,
          feed::Subscriber subscriber)
      : caller_(std::move(caller)),
        after_(std::move(after)),
        subscriber_(std::move(subscriber)),
        backoff_(caller_->random) {}

  void ask_in(Milliseconds pause) {
    timer_ = caller_->loop.after(pause, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->ask();
    });
  }

  void end() {
    ended_ = true;
    if (timer_) caller_->loop.cancel(*timer_);
  }

 private:
  void ask();
  void on_response(Result<net::Response> response);
  void on_answer(const PollAnswer& answer);
  void on_failure(const Error& error);

  const std::shared_ptr<FeedCaller> caller_;
  const std::function<feed::Position()> after_;
  const feed::Subscriber subscriber_;
  Backoff backoff_;
  std::optional<net::Loop::TimerId> timer_;
  feed::Position asked_;    // what the question under way is about
  bool head_only_ = false;  // the position was refused: this question is for the head
  bool open_ = false;
  bool complained_ = false;  // since it was open last
  bool ended_ = false;
};

void Polling::ask() {
  timer_.reset();
  const Milliseconds wait = std::min(longest_silence(caller_->access), Milliseconds(kMaxPollWait));
  asked_ = after_();
  net::FetchRequest request;
  request.url = caller_->access.url + "?wait=" + std::to_string(wait.count()) + "ms";
  if (!head_only_) request.url += "&after=" + revocation::to_string(asked_);
  request.headers = headers_for(caller_->access, "application/json");
  request.timeout = wait + Milliseconds(10'000);
  request.max_body = kMaxPollBytes;
  caller_->client.fetch(std::move(request), [weak = weak_from_this()](auto response) {
    const auto self = weak.lock();
    if (self && !self->ended_) self->on_response(std::move(response));
  });
}

void Polling::on_response(Result<net::Response> response) {
  if (!response) return on_failure(response.error());
  const bool refused_position = response->status == 410 || response->status == 409;
  if (refused_position && !std::exchange(head_only_, true)) return ask_in(Milliseconds(0));
  if (response->status != 200) return on_failure(error_of(*response));
  const Result<PollAnswer> answer = parse_poll_answer(response->body);
  if (!answer) return on_failure(answer.error());
  on_answer(*answer);
}

void Polling::on_answer(const PollAnswer& answer) {
  backoff_.reset();
  complained_ = false;
  if (!std::exchange(open_, true) && subscriber_.on_state) subscriber_.on_state(true);
  for (const std::string& batch : answer.batches) {
    if (ended_) return;
    subscriber_.on_word(batch);
  }
  if (answer.heartbeat && !ended_) subscriber_.on_word(*answer.heartbeat);
  if (ended_) return;
  // Where the follower does not move although there are batches (it is being repaired, say), the
  // same question would be answered at once, again and again.
  const bool stuck =
      std::exchange(head_only_, false) || (!answer.batches.empty() && after_() == asked_);
  ask_in(stuck ? caller_->access.heartbeat : Milliseconds(0));
}

void Polling::on_failure(const Error& error) {
  head_only_ = open_ = false;
  if (!std::exchange(complained_, true)) {
    caller_->log.warning("feed's long poll failed",
                         {{"url", caller_->access.url}, {"why", error.message}});
  }
  ask_in(backoff_.next());
  if (subscriber_.on_state) subscriber_.on_state(false);
}

class PollSubscription final : public feed::Subscription {
 public:
  explicit PollSubscription(std::shared_ptr<Polling> polling) : polling_(std::move(polling)) {}
  ~PollSubscription() override { polling_->end(); }
  PollSubscription(const PollSubscription&) = delete;
  PollSubscription& operator=(const PollSubscription&) = delete;

 private:
  std::shared_ptr<Polling> polling_;
};

}  // namespace

Result<std::unique_ptr<PollRoad>> PollRoad::open(net::Loop& loop, FeedAccess access, Random& random,
                                                 Log& log) {
  TRY_ASSIGN(FeedAccess good, checked(std::move(access)));
  auto caller = std::make_shared<FeedCaller>(loop, std::move(good), random, log);
  return std::unique_ptr<PollRoad>(new PollRoad(std::move(caller)));
}

PollRoad::PollRoad(std::shared_ptr<FeedCaller> caller) : caller_(std::move(caller)) {}
PollRoad::~PollRoad() = default;

std::unique_ptr<feed::Subscription> PollRoad::subscribe(std::function<feed::Position()> after,
                                                        feed::Subscriber subscriber) {
  auto polling = std::make_shared<Polling>(caller_, std::move(after), std::move(subscriber));
  polling->ask_in(Milliseconds(0));
  return std::make_unique<PollSubscription>(std::move(polling));
}

}  // namespace rescind::transport

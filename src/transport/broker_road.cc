#include "transport/broker_road.h"

#include <chrono>
#include <thread>
#include <utility>

#include "base/mutex.h"
#include "transport/poll_backoff.h"

namespace rescind::transport {
namespace {

// What the reading thread and the loop share.
class Reading final : public feed::Subscription {
 public:
  Reading(std::string name, MakeBrokerReader make, net::Loop& loop, std::uint64_t seed, Log& log,
          std::function<feed::Position()> after, feed::Subscriber subscriber)
      : name_(std::move(name)),
        make_(std::move(make)),
        loop_(loop),
        log_(log),
        random_(seed),
        after_(std::move(after)),
        subscriber_(std::make_shared<feed::Subscriber>(std::move(subscriber))) {
    next_ = after_();
    thread_ = std::thread([this] { run(); });
  }
  ~Reading() override {
    subscriber_.reset();  // what is still queued on the loop finds nobody
    {
      const MutexLock lock(mutex_);
      end_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

 private:
  void run() {
    Backoff backoff(random_);
    while (!ended()) {
      const auto ended_by = follow(backoff);
      if (ended()) return;
      log_.warning("broker not reached", {{"road", name_}, {"why", ended_by.message}});
      tell(false);
      pause(backoff.next());
    }
  }

  // Until the connection ends, and why it did.
  Error follow(Backoff& backoff) {
    const auto reader = make_();
    if (const auto opened = reader->open(position()); !opened) return opened.error();
    backoff.reset();
    tell(true);
    while (!ended()) {
      auto words = reader->read(BrokerRoad::kReadWait);
      if (!words) return words.error();
      if (!words->empty()) hand_over(*std::move(words));
    }
    return {};
  }

  bool ended() {
    const MutexLock lock(mutex_);
    return end_;
  }
  feed::Position position() {
    const MutexLock lock(mutex_);
    return next_;
  }
  void pause(Milliseconds length) {
    const SystemClock clock;
    const BootTime until = clock.now().boot + length;
    const MutexLock lock(mutex_);
    for (auto left = until - clock.now().boot; !end_ && left.count() > 0;
         left = until - clock.now().boot) {
      changed_.wait_for(mutex_, left);
    }
  }

  void tell(bool connected) {
    loop_.post([weak = weak_, connected] {
      if (const auto subscriber = weak.lock()) subscriber->on_state(connected);
    });
  }
  void hand_over(std::vector<std::string> words) {
    {
      const MutexLock lock(mutex_);
      while (!end_ && ahead_ > BrokerRoad::kWordsAhead) changed_.wait(mutex_);
      if (end_) return;
      ahead_ += words.size();
    }
    loop_.post([this, weak = weak_, words = std::move(words)] {
      // Held by the subscription that is `this`: while one lives the other does.
      for (const std::string& word : words) {
        const auto subscriber = weak.lock();
        if (!subscriber) return;
        subscriber->on_word(word);
      }
      if (weak.expired()) return;
      const MutexLock lock(mutex_);
      ahead_ -= words.size();
      next_ = after_();
      changed_.notify_all();
    });
  }
  const std::string name_;
  const MakeBrokerReader make_;
  net::Loop& loop_;
  Log& log_;
  SeededRandom random_;
  const std::function<feed::Position()> after_;
  std::shared_ptr<feed::Subscriber> subscriber_;
  const std::weak_ptr<feed::Subscriber> weak_ = subscriber_;

  Mutex mutex_;
  Condition changed_;
  bool end_ GUARDED_BY(mutex_) = false;
  std::size_t ahead_ GUARDED_BY(mutex_) = 0;
  feed::Position next_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace

std::unique_ptr<feed::Subscription> BrokerRoad::subscribe(std::function<feed::Position()> after,
                                                          feed::Subscriber subscriber) {
  return std::make_unique<Reading>(name_, make_, loop_, random_.next_u64(), log_, std::move(after),
                                   std::move(subscriber));
}

}  // namespace rescind::transport

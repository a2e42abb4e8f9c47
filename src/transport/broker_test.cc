// What BrokerRoad and BrokerOrigin do over a broker that is a list in memory.

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "base/log.h"
#include "base/mutex.h"
#include "feed/transport_conformance.h"
#include "transport/broker_origin.h"
#include "transport/broker_road.h"

namespace rescind::transport {
namespace {

// Keeps what is published; its readers see it, until it is down.
class MemoryBroker final : public feed::Transport {
 public:
  Result<void> publish(const feed::Sealed& batch) override {
    return put({.position = batch.position, .jws = batch.jws});
  }
  Result<void> publish_heartbeat(std::string_view jws) override {
    return put({.position = {}, .jws = std::string(jws)});
  }
  Result<void> publish_snapshot(const feed::Snapshot& snapshot) override {
    const MutexLock lock(mutex_);
    snapshot_ = snapshot;
    return {};
  }
  void set_down(bool down) {
    const MutexLock lock(mutex_);
    down_ = down;
  }
  void forget_all_but(std::size_t kept) {
    const MutexLock lock(mutex_);
    first_ += words_.size() - kept;
    words_.erase(words_.begin(), words_.end() - static_cast<std::ptrdiff_t>(kept));
  }
  // Readers begin far before their place, and get one word at a time.
  void set_hesitant() {
    const MutexLock lock(mutex_);
    hesitant_ = true;
  }
  int opened() {
    const MutexLock lock(mutex_);
    return opened_;
  }

  class Reader final : public BrokerReader {
   public:
    explicit Reader(MemoryBroker& broker) : broker_(broker) {}
    Result<void> open(feed::Position after) override {
      const MutexLock lock(broker_.mutex_);
      if (broker_.down_) return fail(ErrorCode::kUnavailable, "down");
      ++broker_.opened_;
      const auto later = [after](const Kept& kept) { return kept.position > after; };
      next_ =
          broker_.first_ + static_cast<std::size_t>(std::ranges::find_if(broker_.words_, later) -
                                                    broker_.words_.begin());
      if (broker_.hesitant_) next_ = broker_.first_;
      return {};
    }
    Result<std::vector<std::string>> read(Milliseconds wait) override {
      const MutexLock lock(broker_.mutex_);
      if (next_ == broker_.first_ + broker_.words_.size()) {
        broker_.changed_.wait_for(broker_.mutex_, wait);
      }
      if (broker_.down_) return fail(ErrorCode::kUnavailable, "down");
      std::vector<std::string> words;
      next_ = std::max(next_, broker_.first_);
      while (next_ < broker_.first_ + broker_.words_.size()) {
        words.push_back(broker_.words_[next_++ - broker_.first_].jws);
        if (broker_.hesitant_) break;
      }
      return words;
    }
    Result<feed::Snapshot> snapshot() override {
      const MutexLock lock(broker_.mutex_);
      if (broker_.snapshot_) return *broker_.snapshot_;
      return fail(ErrorCode::kNotFound, "no snapshot");
    }

   private:
    MemoryBroker& broker_;
    std::size_t next_ = 0;
  };

 private:
  struct Kept {
    feed::Position position;
    std::string jws;
  };
  Result<void> put(Kept kept) {
    const MutexLock lock(mutex_);
    words_.push_back(std::move(kept));
    changed_.notify_all();
    return {};
  }

  Mutex mutex_;
  Condition changed_;
  std::vector<Kept> words_ GUARDED_BY(mutex_);
  std::size_t first_ GUARDED_BY(mutex_) = 0;
  std::optional<feed::Snapshot> snapshot_ GUARDED_BY(mutex_);
  bool down_ GUARDED_BY(mutex_) = false;
  bool hesitant_ GUARDED_BY(mutex_) = false;
  int opened_ GUARDED_BY(mutex_) = 0;
};

class OverMemoryBroker final : public feed::TransportUnderTest {
 public:
  feed::Transport& transport() override { return broker; }
  std::unique_ptr<feed::Road> road() override {
    return std::make_unique<BrokerRoad>("memory", maker(), loop, random, log);
  }
  MakeBrokerReader maker() {
    return [this] { return std::make_unique<MemoryBroker::Reader>(broker); };
  }
  bool run_until(const std::function<bool()>& done) override {
    const auto end = SystemClock().now().boot + std::chrono::seconds(20);
    std::function<void()> look = [&] {
      if (done() || SystemClock().now().boot > end) {
        loop.stop();
      } else {
        loop.after(std::chrono::milliseconds(1), look);
      }
    };
    loop.after(std::chrono::milliseconds(0), look);
    loop.run();
    return done();
  }

  net::Loop loop;
  SeededRandom random{1};
  NullLog log;
  MemoryBroker broker;
};

class BrokerTest : public testing::Test {
 protected:
  struct Heard {
    std::vector<std::string> words;
    std::vector<bool> states;
    feed::Position after;
    std::unique_ptr<feed::Subscription> subscription;
  };
  std::unique_ptr<Heard> subscribe(feed::Road& road) {
    auto heard = std::make_unique<Heard>();
    Heard* const to = heard.get();
    heard->subscription = road.subscribe(
        [to] { return to->after; },
        {.on_word =
             [to](std::string_view jws) {
               to->words.emplace_back(jws);
               to->after = std::get<feed::Batch>(feed::read_word(jws)->content).position;
             },
         .on_state = [to](bool connected) { to->states.push_back(connected); }});
    return heard;
  }
  std::vector<std::string> revoke(int count) {
    std::vector<std::string> sent;
    for (int i = 0; i < count; ++i) {
      const auto batch = authority.revoke({feed::revoke_session("s")});
      EXPECT_TRUE(world.broker.publish(batch));
      sent.push_back(batch.jws);
    }
    return sent;
  }
  template <typename T>
  Result<T> ask(const std::function<void(feed::Origin::Then<T>)>& question) {
    std::optional<Result<T>> answer;
    question([&answer](Result<T> one) { answer = std::move(one); });
    EXPECT_TRUE(world.run_until([&answer] { return answer.has_value(); }));
    return answer ? *std::move(answer) : fail(ErrorCode::kTimeout, "no answer");
  }
  Result<std::vector<std::string>> batches_after(feed::Origin& origin, feed::Position after) {
    return ask<std::vector<std::string>>(
        [&](auto then) { origin.batches_after(after, std::move(then)); });
  }

  OverMemoryBroker world;
  feed::AuthorityForTest authority;
};

TEST_F(BrokerTest, ARoadGoesOnWhereItsSubscriberIsWhenTheBrokerIsBack) {
  const auto road = world.road();
  const auto heard = subscribe(*road);
  auto sent = revoke(3);
  ASSERT_TRUE(world.run_until([&] { return heard->words.size() == 3; }));
  world.broker.set_down(true);
  ASSERT_TRUE(world.run_until([&] { return heard->states == (std::vector{true, false}); }));
  const auto more = revoke(2);
  sent.insert(sent.end(), more.begin(), more.end());
  world.broker.set_down(false);
  ASSERT_TRUE(world.run_until([&] { return heard->words.size() >= 5; }));
  EXPECT_EQ(heard->words, sent) << "nothing twice: it asked for what comes after the third";
  EXPECT_EQ(heard->states, (std::vector{true, false, true}));
}

TEST_F(BrokerTest, ASubscriptionMayEndFromWithinItsOwnWord) {
  const auto road = world.road();
  int words = 0;
  std::unique_ptr<feed::Subscription> subscription;
  subscription = road->subscribe([] { return feed::Position{}; }, {.on_word =
                                                                       [&](std::string_view) {
                                                                         ++words;
                                                                         subscription.reset();
                                                                       },
                                                                   .on_state = [](bool) {}});
  revoke(5);
  ASSERT_TRUE(world.run_until([&] { return words == 1; }));
  world.run_until([] { return true; });
  EXPECT_EQ(words, 1);
}

TEST_F(BrokerTest, ASlowSubscriberIsNotRunOver) {
  const auto road = world.road();
  const auto heard = subscribe(*road);
  const auto sent = revoke(200);
  for (int i = 0; i < 50; ++i) {
    for (const auto& jws : sent) {
      ASSERT_TRUE(world.broker.publish_heartbeat(jws));
    }
  }
  ASSERT_TRUE(world.run_until([&] { return heard->words.size() >= 51 * sent.size(); }));
}

TEST_F(BrokerTest, AnOriginGivesWhatComesAfterAPosition) {
  BrokerOrigin origin(world.maker(), world.loop);
  const auto sent = revoke(5);
  const auto batches = batches_after(origin, authority.log()[1].position);
  ASSERT_TRUE(batches) << batches.error().message;
  EXPECT_EQ(*batches, std::vector(sent.begin() + 1, sent.end()));
  const auto none = batches_after(origin, authority.position());
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
}

// One that is older than what comes after it says nothing of the end.
TEST_F(BrokerTest, AnOriginReadsOnPastAnOldHeartbeat) {
  BrokerOrigin origin(world.maker(), world.loop);
  world.broker.set_hesitant();
  revoke(1);
  const feed::Position known = authority.position();
  ASSERT_TRUE(world.broker.publish_heartbeat(authority.heartbeat()));
  const auto later = revoke(2);
  const auto batches = batches_after(origin, known);
  ASSERT_TRUE(batches) << batches.error().message;
  EXPECT_EQ(*batches, later);
}

TEST_F(BrokerTest, AnOriginSaysWhereTheBrokerDoesNotReachBack) {
  BrokerOrigin origin(world.maker(), world.loop);
  revoke(5);
  world.broker.forget_all_but(2);
  EXPECT_EQ(batches_after(origin, authority.log()[1].position).error().code, ErrorCode::kGone);
  EXPECT_TRUE(batches_after(origin, authority.log()[3].position));
}

TEST_F(BrokerTest, AnOriginGivesTheSnapshotBesideTheBatchesAndANewHeartbeat) {
  BrokerOrigin origin(world.maker(), world.loop);
  const auto snapshot = [&] {
    return ask<feed::Snapshot>([&](auto then) { origin.snapshot(std::move(then)); });
  };
  EXPECT_EQ(snapshot().error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(world.broker.publish_snapshot({.manifest = "signed", .segments = {"a", "b"}}));
  EXPECT_EQ(snapshot()->segments.size(), 2U);

  const std::string word = authority.heartbeat();
  std::thread later([&] {
    while (world.broker.opened() == 0) std::this_thread::yield();
    EXPECT_TRUE(world.broker.publish_heartbeat(word));
  });
  const auto heard = ask<std::string>([&](auto then) { origin.heartbeat(std::move(then)); });
  later.join();
  ASSERT_TRUE(heard) << heard.error().message;
  EXPECT_EQ(*heard, word);
}

TEST_F(BrokerTest, AnOriginTakesNoReceipts) {
  BrokerOrigin origin(world.maker(), world.loop);
  const auto taken = ask<void>([&](auto then) { origin.report({}, std::move(then)); });
  EXPECT_EQ(taken.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace rescind::transport

namespace rescind::feed {

INSTANTIATE_TEST_SUITE_P(MemoryBroker, TransportConformance, testing::Values([] {
                           return std::make_unique<transport::OverMemoryBroker>();
                         }));

}  // namespace rescind::feed

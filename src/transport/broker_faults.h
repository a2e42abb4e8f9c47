#pragma once
// For tests: what a broker may do to a feed, and what has to come of it, the same for every broker.
// After each fault the real follower's index equals the reference, and it was stale while it could
// not know. An adapter's test includes this once, with a real server behind it, and says
//
//   INSTANTIATE_TEST_SUITE_P(Kafka, BrokerFaults, testing::Values(make_under_test));

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "feed/follower_for_test.h"
#include "feed/publisher.h"
#include "transport/broker_origin.h"
#include "transport/broker_road.h"
#include "transport/broker_under_test.h"

namespace rescind::transport {

class BrokerFaults : public testing::TestWithParam<MakeBrokerUnderTest> {
 protected:
  // A follower behind the broker's road.
  struct Side {
    Side(feed::Origin& origin, BrokerFaults& world)
        : one(origin, nullptr, world.authority.now),
          road("under test", world.broker->reader(), world.loop, world.random, world.log),
          subscription(
              road.subscribe([this] { return one.follower.position(); },
                             {.on_word = [this](std::string_view jws) { one.hear(jws); },
                              .on_state = [this](bool connected) { reached = connected; }})) {}
    feed::FollowerForTest one;
    BrokerRoad road;
    bool reached = false;
    std::unique_ptr<feed::Subscription> subscription;
  };

  void SetUp() override {
    auto made = GetParam()();
    if (!made) GTEST_SKIP() << made.error().message;
    broker = *std::move(made);
    transport = broker->transport();
    ASSERT_NE(transport, nullptr);
    side = std::make_unique<Side>(origin, *this);
    ASSERT_TRUE(until([&] { return side->reached; })) << "the broker is not reached";
  }
  // Readers end before the broker does.
  void TearDown() override { side.reset(); }

  // Time goes by at both ends, in small steps, and nothing comes over the road.
  void pass(Milliseconds time) {
    constexpr Milliseconds kStep{10};
    for (Milliseconds gone{0}; gone < time; gone += kStep) {
      const Milliseconds step = std::min(kStep, time - gone);
      authority.now += step;
      side->one.run(step);
    }
  }
  // The loop runs, in real time, until `done`; false after `longest`.
  bool until(const std::function<bool()>& done, Milliseconds longest = std::chrono::seconds(40)) {
    BootTime last = SystemClock().now().boot;
    const BootTime end = last + longest;
    std::function<void()> look = [&] {
      const BootTime now = SystemClock().now().boot;
      if (const auto gone = std::chrono::floor<Milliseconds>(now - last); gone.count() > 0) {
        last += gone;
        pass(gone);
        if (publisher && now >= publish_at) publish_at = publisher->step({authority.now, now});
      }
      if (done() || now > end) return loop.stop();
      loop.after(std::chrono::milliseconds(1), look);
    };
    loop.after(std::chrono::milliseconds(0), look);
    loop.run();
    return done();
  }
  // From what is published now on, a publisher publishes what the authority commits.
  void start_publisher(feed::Position start) {
    publisher = std::make_unique<feed::Publisher>(
        feed::Publisher::Options{.issuer = std::string(feed::kTestIssuer),
                                 .feed = "default",
                                 .heartbeat = Milliseconds(100),
                                 .start = start},
        authority, *transport, authority.key(), random, log);
  }

  std::vector<feed::Sealed> commit(int count) {
    std::vector<feed::Sealed> batches;
    for (int i = 0; i < count; ++i) {
      batches.push_back(
          authority.revoke({feed::revoke_session("s-" + std::to_string(++sessions))}));
    }
    return batches;
  }
  void publish(const std::vector<feed::Sealed>& batches) {
    const auto count = transport->publish_all(batches);
    ASSERT_TRUE(count) << count.error().message;
    ASSERT_EQ(*count, batches.size());
  }
  void beat() {
    const auto sent = transport->publish_heartbeat(authority.heartbeat());
    ASSERT_TRUE(sent) << sent.error().message;
  }
  bool at_head(const Side& of) const {
    return of.one.follower.ready() && of.one.follower.position() == authority.position();
  }
  void expect_reference(const Side& of) {
    feed::OriginForTest truth(authority);
    feed::FollowerForTest reference(truth, nullptr, authority.now);
    reference.run(std::chrono::seconds(1));
    ASSERT_EQ(reference.follower.position(), authority.position());
    EXPECT_EQ(of.one.follower.position(), authority.position());
    EXPECT_EQ(of.one.index->digest(), reference.index->digest());
  }
  // It gets to the head and knows that it is there.
  void expect_converges(Side& of) {
    ASSERT_TRUE(until([&] { return at_head(of); }))
        << "at " << revocation::to_string(of.one.follower.position()) << " of "
        << revocation::to_string(authority.position());
    if (!publisher) beat();
    ASSERT_TRUE(until([&] { return of.one.staleness() < std::chrono::seconds(2); }));
    expect_reference(of);
  }
  // At the head, fresh, and from here on without its origin.
  void start_at_head_without_origin() {
    publish(authority.log());
    expect_converges(*side);
    origin.reachable = false;
  }

  net::Loop loop;
  SeededRandom random{7};
  NullLog log;
  feed::AuthorityForTest authority;
  feed::OriginForTest origin{authority};
  std::unique_ptr<BrokerUnderTest> broker;
  std::unique_ptr<feed::Transport> transport;
  std::unique_ptr<Side> side;
  std::unique_ptr<feed::Publisher> publisher;
  BootTime publish_at{};
  int sessions = 0;
};

TEST_P(BrokerFaults, DuplicatesTenfoldChangeNothing) {
  start_at_head_without_origin();
  for (const auto& batch : commit(20)) {
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(broker->put(batch.jws));
  }
  expect_converges(*side);
  EXPECT_EQ(side->one.counters().refused_words, 0U);
}

TEST_P(BrokerFaults, ShuffledInWindowsAllIsAppliedAndPutInOrder) {
  start_at_head_without_origin();
  std::vector<feed::Sealed> batches = commit(64);
  for (std::size_t window = 0; window < batches.size(); window += 16) {
    for (std::size_t i = 15; i > 0; --i) {
      std::swap(batches[window + i], batches[window + random.below(i + 1)]);
    }
  }
  for (const auto& batch : batches) ASSERT_TRUE(broker->put(batch.jws));
  expect_converges(*side);
}

TEST_P(BrokerFaults, AnyOneBatchThatIsDroppedIsFetched) {
  publish(authority.log());
  expect_converges(*side);
  for (std::size_t dropped = 0; dropped < 8; ++dropped) {
    const std::uint64_t gaps = side->one.counters().gaps;
    const std::vector<feed::Sealed> batches = commit(8);
    origin.reachable = false;
    for (std::size_t i = 0; i < batches.size(); ++i) {
      if (i == dropped) continue;
      ASSERT_TRUE(broker->put(batches[i].jws));
    }
    beat();
    ASSERT_TRUE(until([&] { return side->one.counters().gaps > gaps; })) << "not noticed";
    // What is missing is not known, and so no time since then is vouched for.
    pass(std::chrono::seconds(10));
    EXPECT_GE(side->one.staleness(), std::chrono::seconds(9));
    EXPECT_NE(side->one.follower.position(), authority.position());
    origin.reachable = true;
    pass(std::chrono::seconds(6));  // longer than it waits before it asks again
    expect_converges(*side);
  }
}

TEST_P(BrokerFaults, DamagedWordsAreRefusedAndFetched) {
  publish(authority.log());
  expect_converges(*side);
  const std::vector<feed::Sealed> batches = commit(20);
  for (const auto& batch : batches) {
    std::string damaged = batch.jws;
    const std::size_t place = random.below(damaged.size());
    damaged[place] = static_cast<char>(damaged[place] ^ (1 << random.below(7)));
    ASSERT_TRUE(broker->put(damaged));
  }
  beat();
  expect_converges(*side);
  EXPECT_GE(side->one.counters().refused_words, 15U) << "a flipped bit may make another spelling";
}

TEST_P(BrokerFaults, WordsSignedByAStrangerChangeNothing) {
  start_at_head_without_origin();
  feed::AuthorityForTest stranger(feed::test_key(1), authority.position().term);
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(broker->put(stranger.revoke({feed::revoke_session("innocent")}).jws));
  }
  ASSERT_TRUE(broker->put(stranger.heartbeat()));
  publish(commit(3));
  expect_converges(*side);
  EXPECT_FALSE(side->one.refuses(feed::revoke_session("innocent")));
  EXPECT_GE(side->one.counters().refused_words, 20U);
}

TEST_P(BrokerFaults, OldHeartbeatsMakeNothingFresh) {
  start_at_head_without_origin();
  const std::string old = authority.heartbeat();
  pass(std::chrono::seconds(20));
  const std::uint64_t heard = side->one.counters().heartbeats;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(broker->put(old));
  ASSERT_TRUE(until([&] { return side->one.counters().heartbeats >= heard + 5; }));
  EXPECT_GE(side->one.staleness(), std::chrono::seconds(19)) << "less the drift of clocks";
  expect_converges(*side);
}

TEST_P(BrokerFaults, HugeEmptyAndForeignMessagesAreSteppedOver) {
  start_at_head_without_origin();
  broker->put(std::string(std::size_t{10} << 20U, 'x'));
  broker->put(std::string(kMaxBrokerMessageBytes + 1, 'x'));
  broker->put("");
  broker->put("hello");
  broker->put(std::string("\0\xff\n", 3));
  publish(commit(3));
  expect_converges(*side);
}

TEST_P(BrokerFaults, UnknownKindsAreCountedAndCriticalOnesMakeStale) {
  start_at_head_without_origin();
  publish({authority.future_kind(false)});
  publish(commit(1));
  ASSERT_TRUE(until([&] { return at_head(*side); }));
  publish({authority.future_kind(true)});
  ASSERT_TRUE(until([&] { return !side->one.follower.can_follow(); }));
  EXPECT_EQ(side->one.staleness(), Milliseconds::max());
}

TEST_P(BrokerFaults, APlaceThatIsDeletedAndMadeAgainIsFoundAgain) {
  start_at_head_without_origin();
  publish(commit(30));
  ASSERT_TRUE(until([&] { return at_head(*side); }));
  broker->make_again();
  pass(std::chrono::seconds(10));
  EXPECT_GE(side->one.staleness(), std::chrono::seconds(9));
  // The follower's place at the broker is far beyond this one's end.
  start_publisher(authority.position());
  commit(3);
  expect_converges(*side);
}

TEST_P(BrokerFaults, WhatIsTrimmedUnderAFollowerIsFetched) {
  publish(authority.log());
  const auto late = broker->reader()();
  ASSERT_TRUE(late->open({}));
  side->subscription.reset();
  publish(commit(50));
  broker->forget();
  const auto newest = commit(1);
  publish(newest);
  // Who was reading there goes on, at once or after it has opened again.
  bool found = false;
  for (int i = 0; i < 200 && !found; ++i) {
    const auto words = late->read(Milliseconds(100));
    if (!words) {
      ASSERT_TRUE(late->open(authority.log()[50].position));
      continue;
    }
    found = std::ranges::find(*words, newest[0].jws) != words->end();
  }
  EXPECT_TRUE(found);
  side = std::make_unique<Side>(origin, *this);
  expect_converges(*side);
}

TEST_P(BrokerFaults, APurgedPlaceLosesNothing) {
  publish(authority.log());
  expect_converges(*side);
  side->subscription.reset();
  publish(commit(20));
  broker->forget();
  pass(std::chrono::seconds(10));
  side = std::make_unique<Side>(origin, *this);
  beat();
  expect_converges(*side);
}

TEST_P(BrokerFaults, ABrokerThatIsRestartedIsFoundAgainByBothEnds) {
  start_publisher({});
  commit(10);
  expect_converges(*side);
  origin.reachable = false;
  broker->restart();
  pass(std::chrono::seconds(10));
  EXPECT_GE(side->one.staleness(), std::chrono::seconds(9));
  commit(10);
  expect_converges(*side);
  EXPECT_EQ(side->one.counters().gaps, 0U);
}

TEST_P(BrokerFaults, ABrokerThatStandsStillMakesStaleAndGoesOn) {
  start_at_head_without_origin();
  publisher.reset();
  broker->stop();
  const auto batches = commit(10);
  pass(std::chrono::seconds(10));
  EXPECT_FALSE(until([&] { return at_head(*side); }, Milliseconds(300)));
  EXPECT_GE(side->one.staleness(), std::chrono::seconds(10));
  broker->go_on();
  start_publisher(authority.log()[authority.log().size() - 11].position);
  expect_converges(*side);
}

TEST_P(BrokerFaults, APositionBeyondTheEndHearsWhatComes) {
  publish(commit(5));
  const auto reader = broker->reader()();
  const auto opened = reader->open({.term = ~std::uint64_t{0} >> 1U, .number = 1U << 30U});
  ASSERT_TRUE(opened) << opened.error().message;
  const std::string word = authority.heartbeat();
  ASSERT_TRUE(transport->publish_heartbeat(word));
  bool found = false;
  for (int i = 0; i < 100 && !found; ++i) {
    const auto words = reader->read(Milliseconds(100));
    ASSERT_TRUE(words) << words.error().message;
    found = std::ranges::find(*words, word) != words->end();
  }
  EXPECT_TRUE(found);
}

TEST_P(BrokerFaults, WhoReachesNothingButTheBrokerReplaysFromTheFirstBatch) {
  publish(authority.log());
  publish(commit(30));
  beat();
  BrokerOrigin only(broker->reader(), loop);
  side = std::make_unique<Side>(only, *this);
  start_publisher(authority.position());
  expect_converges(*side);
  side.reset();
}

TEST_P(BrokerFaults, WhoReachesNothingButTheBrokerStartsFromTheNewestSnapshot) {
  if (!transport->keeps_snapshots()) GTEST_SKIP() << "this road keeps no snapshots";
  ASSERT_TRUE(transport->publish_snapshot(*authority.snapshot()));
  std::vector<feed::Sealed> large;
  for (int i = 0; i < 20; ++i) {
    std::vector<revocation::Revocation> many;
    for (int j = 0; j < 4096; ++j) {
      many.push_back(feed::revoke_session(std::to_string(i * 4096 + j)));
    }
    large.push_back(authority.revoke(std::move(many)));
  }
  publish(authority.log());
  const auto kept = transport->publish_snapshot(*authority.snapshot());
  ASSERT_TRUE(kept) << kept.error().message;
  broker->forget();
  publish(commit(3));
  BrokerOrigin only(broker->reader(), loop);
  side = std::make_unique<Side>(only, *this);
  start_publisher(authority.position());
  expect_converges(*side);
  EXPECT_EQ(side->one.counters().snapshots, 1U);
  EXPECT_EQ(side->one.index->entries(), 20U * 4096U + 3U);
  side.reset();
}

}  // namespace rescind::transport

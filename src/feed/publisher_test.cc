#include "feed/publisher.h"

#include <gtest/gtest.h>

#include "feed/authority_for_test.h"

namespace rescind::feed {
namespace {

using std::chrono::seconds;

// Keeps what is published; refuses while it is down.
class TransportForTest final : public Transport {
 public:
  Result<void> publish(const Sealed& batch) override {
    if (down) return fail(ErrorCode::kUnavailable, "broker down");
    batches.push_back(batch);
    words.push_back(batch.jws);
    return {};
  }
  Result<void> publish_heartbeat(std::string_view jws) override {
    if (down) return fail(ErrorCode::kUnavailable, "broker down");
    words.emplace_back(jws);
    ++heartbeats;
    return {};
  }
  bool keeps_snapshots() const override { return keeps; }
  Result<void> publish_snapshot(const Snapshot& /*snapshot*/) override {
    if (down) return fail(ErrorCode::kUnavailable, "broker down");
    ++snapshots;
    return {};
  }
  bool down = false;
  bool keeps = false;
  int snapshots = 0;
  int heartbeats = 0;
  std::vector<Sealed> batches;
  std::vector<std::string> words;
};

class PublisherTest : public testing::Test {
 protected:
  Publisher publisher(Position start = {}) {
    return {{.issuer = std::string(kTestIssuer),
             .feed = "default",
             .heartbeat = seconds(1),
             .batches_per_step = 8,
             .start = start},
            authority,
            transport,
            authority.key(),
            random,
            log};
  }
  // Steps until nothing is due, up to `by` from now.
  void run(Publisher& one, Milliseconds by = Milliseconds(0)) {
    const BootTime end = clock.now().boot + by;
    for (BootTime next = one.step(clock.now()); next <= end; next = one.step(clock.now())) {
      clock.advance(std::max(next - clock.now().boot, std::chrono::nanoseconds(0)));
    }
    clock.advance(end - clock.now().boot);
  }
  void revoke(int count) {
    for (int i = 0; i < count; ++i) authority.revoke({revoke_session("s")});
  }
  Heartbeat last_heartbeat() const {
    return std::get<Heartbeat>(read_word(transport.words.back())->content);
  }

  AuthorityForTest authority;
  TransportForTest transport;
  SeededRandom random{1};
  NullLog log;
  ManualClock clock{{.wall = authority.now, .boot = BootTime(seconds(100))}};
};

TEST_F(PublisherTest, PublishesAllInOrderAndThenTheHeadsHeartbeat) {
  revoke(30);
  Publisher one = publisher();
  EXPECT_FALSE(one.ready());
  run(one);
  ASSERT_EQ(transport.batches.size(), 31U);
  for (std::size_t i = 0; i < 31; ++i) {
    EXPECT_EQ(transport.batches[i].position, authority.log()[i].position);
  }
  EXPECT_TRUE(one.ready());
  EXPECT_EQ(one.published(), authority.position());
  EXPECT_EQ(transport.heartbeats, 1);
  EXPECT_EQ(last_heartbeat().head, authority.position());
  EXPECT_EQ(last_heartbeat().hash, authority.last().hash);
}

TEST_F(PublisherTest, GoesOnAfterWhatWasPublished) {
  revoke(5);
  Publisher one = publisher(authority.log()[2].position);
  run(one);
  ASSERT_EQ(transport.batches.size(), 3U);
  EXPECT_EQ(transport.batches[0].position, authority.log()[3].position);
}

TEST_F(PublisherTest, SendsAHeartbeatEachSecondWithoutABatch) {
  Publisher one = publisher();
  run(one);
  run(one, seconds(10));
  EXPECT_EQ(transport.heartbeats, 11);
  // Batches twice a second leave no room for heartbeats.
  for (int i = 0; i < 10; ++i) {
    revoke(1);
    run(one, Milliseconds(500));
  }
  EXPECT_EQ(transport.heartbeats, 11);
}

TEST_F(PublisherTest, PutsASnapshotBesideTheBatchesEachMinuteIfSomethingHasChanged) {
  transport.keeps = true;
  Publisher one = publisher();
  run(one);
  EXPECT_EQ(transport.snapshots, 1);
  for (int i = 0; i < 4; ++i) {
    revoke(1);
    run(one, seconds(10));
  }
  EXPECT_EQ(transport.snapshots, 1);
  run(one, seconds(60));
  EXPECT_EQ(transport.snapshots, 2);
  run(one, seconds(300));
  EXPECT_EQ(transport.snapshots, 2);
}

TEST_F(PublisherTest, PutsASnapshotThereAgainBeforeABrokerLetsGoOfIt) {
  transport.keeps = true;
  Publisher one = publisher();
  run(one);
  ASSERT_EQ(transport.snapshots, 1);
  run(one, std::chrono::minutes(29));
  EXPECT_EQ(transport.snapshots, 1);
  run(one, std::chrono::minutes(62));
  EXPECT_EQ(transport.snapshots, 4);
}

TEST_F(PublisherTest, NeverSendsAHeartbeatBeforeItsHead) {
  // Commits between the reading of batches and the reading of the head.
  class CommitsMeanwhile final : public BatchLog {
   public:
    explicit CommitsMeanwhile(AuthorityForTest& inner) : inner_(inner) {}
    Result<Head> head() override {
      if (left_-- > 0) inner_.revoke({revoke_session("s")});
      return inner_.head();
    }
    Result<std::vector<Sealed>> read_after(Position after, std::size_t limit) override {
      return inner_.read_after(after, limit);
    }
    Result<Snapshot> snapshot() override { return inner_.snapshot(); }

   private:
    AuthorityForTest& inner_;
    int left_ = 3;
  } busy(authority);
  Publisher one({.issuer = std::string(kTestIssuer), .feed = "default", .start = {}}, busy,
                transport, authority.key(), random, log);
  run(one);
  EXPECT_EQ(transport.batches.size(), 4U);
  EXPECT_EQ(transport.heartbeats, 1);
  EXPECT_EQ(last_heartbeat().head, authority.position());
}

TEST_F(PublisherTest, WaitsForAHeadThatIsBehindItsBatches) {
  class Lagging final : public BatchLog {
   public:
    explicit Lagging(AuthorityForTest& inner) : inner_(inner), first_(*inner.head()) {}
    Result<Head> head() override { return lags ? first_ : inner_.head(); }
    Result<std::vector<Sealed>> read_after(Position after, std::size_t limit) override {
      return inner_.read_after(after, limit);
    }
    Result<Snapshot> snapshot() override { return inner_.snapshot(); }
    bool lags = true;

   private:
    AuthorityForTest& inner_;
    Head first_;
  } replica(authority);
  revoke(3);
  Publisher one({.issuer = std::string(kTestIssuer), .feed = "default", .start = {}}, replica,
                transport, authority.key(), random, log);
  const BootTime next = one.step(clock.now());
  EXPECT_GT(next, clock.now().boot);
  EXPECT_EQ(transport.heartbeats, 0);
  replica.lags = false;
  run(one, seconds(1));
  EXPECT_GE(transport.heartbeats, 1);
}

TEST_F(PublisherTest, TriesAgainWithBackOffAndLosesNothing) {
  transport.down = true;
  Publisher one = publisher();
  revoke(3);
  int steps = 0;
  const BootTime end = clock.now().boot + seconds(60);
  while (clock.now().boot < end) {
    const BootTime next = one.step(clock.now());
    ASSERT_GT(next, clock.now().boot);
    clock.advance(next - clock.now().boot);
    ++steps;
  }
  EXPECT_FALSE(one.ready());
  EXPECT_LE(steps, 25);
  transport.down = false;
  run(one, seconds(7));
  EXPECT_EQ(transport.batches.size(), 4U);
  EXPECT_TRUE(one.ready());
}

TEST_F(PublisherTest, GoesOnAtTheSnapshotWhereTheTailIsGone) {
  revoke(20);
  const Position start = authority.log()[3].position;
  authority.keep_tail(5);
  Publisher one = publisher(start);
  run(one);
  EXPECT_EQ(one.published(), authority.position());
  revoke(1);
  run(one);
  EXPECT_EQ(transport.batches.back().position, authority.position());
}

TEST_F(PublisherTest, GoesOnInTheNewHistoryAfterABackupWasRestored) {
  revoke(3);
  AuthorityForTest backup = authority;
  revoke(3);
  Publisher one = publisher();
  run(one);
  authority = backup;
  authority.begin_term(5000);
  run(one);
  revoke(1);
  run(one);
  EXPECT_EQ(one.published(), authority.position());
  EXPECT_EQ(transport.batches.back().position, authority.position());
}

// One that the test takes away and gives back.
class LeaseForTest final : public Lease {
 public:
  Result<std::optional<Position>> acquire() override {
    if (!free) return std::optional<Position>();
    return std::optional(position);
  }
  Result<bool> advance(Position published) override {
    if (!free) return false;
    position = published;
    return true;
  }
  Result<void> release() override {
    released = true;
    return {};
  }
  bool free = true;
  bool released = false;
  Position position;
};

TEST_F(PublisherTest, OnlyWhoHasTheLeasePublishesAndGoesOnWhereItStands) {
  LeaseForTest lease;
  lease.free = false;
  lease.position = authority.last().position;
  revoke(3);
  Publisher one({.issuer = std::string(kTestIssuer), .feed = "default", .start = {}}, authority,
                transport, authority.key(), random, log, &lease);
  run(one, seconds(10));
  EXPECT_TRUE(transport.batches.empty());
  EXPECT_TRUE(one.ready()) << "another publishes";

  const Position before = authority.log()[authority.log().size() - 4].position;
  lease.free = true;
  lease.position = before;
  run(one, seconds(3));
  EXPECT_EQ(transport.batches.size(), 3U);
  revoke(2);
  run(one, seconds(4));
  EXPECT_EQ(lease.position, authority.position());

  lease.free = false;
  run(one, seconds(4));
  const std::size_t published = transport.batches.size();
  revoke(2);
  run(one, seconds(4));
  EXPECT_EQ(transport.batches.size(), published) << "another has it now";

  lease.free = true;
  run(one, seconds(4));
  EXPECT_EQ(transport.batches.size(), published + 2);
  one.stop();
  EXPECT_TRUE(lease.released);
  EXPECT_EQ(lease.position, authority.position());
}

}  // namespace
}  // namespace rescind::feed

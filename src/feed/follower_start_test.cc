// What a follower takes for fresh at its start and when a term begins: nothing that a broker kept
// for it where the authority has told it of something later.

#include <gtest/gtest.h>

#include "feed/follower_for_test.h"

namespace rescind::feed {
namespace {

using std::chrono::seconds;

class FollowerStartTest : public testing::Test {
 protected:
  FollowerStartTest() {
    restart();
    one->run();
    EXPECT_TRUE(one->follower.save_checkpoint(one->clock.now()).has_value());
  }

  // A new process; what it has of the old one is the checkpoint.
  void restart() {
    one.reset();
    one = std::make_unique<FollowerForTest>(origin, &checkpoint, authority.now);
  }
  // One that has nothing of an old one, and gets nothing from its origin yet but the time.
  void start_with_nothing() {
    origin.has_batches = origin.has_snapshot = false;
    one = std::make_unique<FollowerForTest>(origin, nullptr, authority.now);
    pass(seconds(1));
    EXPECT_GE(origin.heartbeat_questions, 1);
    origin.has_heartbeat = false;
  }
  // Which makes nobody fresh.
  void take_snapshot() {
    authority.keep_tail(1);
    origin.has_batches = origin.has_snapshot = true;
    for (int i = 0; i < 600 && one->follower.position() != authority.position(); ++i) {
      pass(Milliseconds(100));
    }
    EXPECT_EQ(one->follower.position(), authority.position());
    EXPECT_EQ(one->staleness(), Milliseconds::max());
  }
  void pass(Milliseconds time) {
    for (Milliseconds gone{0}; gone < time; gone += Milliseconds(10)) {
      authority.now += Milliseconds(10);
      one->run(Milliseconds(10));
    }
  }

  AuthorityForTest authority;
  OriginForTest origin{authority};
  CheckpointForTest checkpoint;
  std::unique_ptr<FollowerForTest> one;
};

// The simulator's seed 7069.
TEST_F(FollowerStartTest, RemembersWhatTimeItWasToldBeforeAnythingMadeItFresh) {
  origin.reachable = false;
  restart();
  pass(seconds(1));
  const Sealed held_back = authority.revoke({revoke_session("s-1")});
  one->hear(authority.heartbeat());
  pass(seconds(20));
  authority.revoke({revoke_session("s-2")});
  one->hear(authority.heartbeat());
  EXPECT_FALSE(one->follower.ready());
  one->hear(held_back.jws);
  EXPECT_TRUE(one->follower.ready());
  EXPECT_GE(one->staleness(), Milliseconds(19'900));
}

// The simulator's seed 2400.
TEST_F(FollowerStartTest, AnAnswerThatItCannotCheckIsNoAnswer) {
  const Sealed old = authority.revoke({revoke_session("s-1")});
  const std::string old_heartbeat = authority.heartbeat();
  authority.change_key(test_key(1));
  authority.revoke({revoke_session("s-2")});
  authority.now += seconds(20);
  origin.has_batches = false;  // with the new key
  restart();
  pass(seconds(1));
  EXPECT_GE(origin.heartbeat_questions, 1);
  one->hear(old.jws);
  one->hear(old_heartbeat);
  EXPECT_FALSE(one->follower.ready());
  origin.has_batches = true;
  pass(seconds(20));
  EXPECT_TRUE(one->follower.ready());
  EXPECT_EQ(one->follower.position(), authority.position());
  EXPECT_LE(one->staleness(), seconds(4));
}

// The simulator's seed 185196.
TEST_F(FollowerStartTest, WhatItHearsDoesNotPutOffTheQuestionThatHadNoAnswer) {
  const Sealed keys = authority.change_key(test_key(1));
  origin.has_batches = false;
  restart();
  pass(seconds(1));
  EXPECT_FALSE(one->follower.ready());
  one->hear(keys.jws);  // by a road
  for (int i = 0; i < 10; ++i) {
    pass(Milliseconds(900));
    one->hear(authority.heartbeat());
  }
  EXPECT_TRUE(one->follower.ready());
  EXPECT_LE(one->staleness(), seconds(1));
}

// The old term's clock was ahead, and the new one's time not confirmed when the process ended.
TEST_F(FollowerStartTest, ACheckpointsTimeIsOfItsTerm) {
  origin.has_heartbeat = false;
  authority.now -= seconds(3600);
  one->hear(authority.begin_term(2000).jws);
  EXPECT_TRUE(one->follower.save_checkpoint(one->clock.now()).has_value());
  origin.has_heartbeat = true;
  restart();
  pass(seconds(5));
  EXPECT_TRUE(one->follower.ready());
  EXPECT_LE(one->staleness(), seconds(4));
}

// The simulator's seed 1839.
TEST_F(FollowerStartTest, AClockThatWasSetBackConfirmsNoTerm) {
  const Sealed beginning = authority.begin_term(2000);
  origin.reachable = false;
  pass(seconds(20));
  authority.revoke({revoke_session("s-1")});
  authority.now -= seconds(30);
  origin.reachable = true;
  origin.has_batches = false;
  one->hear(beginning.jws);
  pass(seconds(5));
  EXPECT_GE(one->staleness(), seconds(24));
}

// The simulator's seed 179776.
TEST_F(FollowerStartTest, BelievesNoTermThatBeganSinceItWasToldTheTime) {
  start_with_nothing();
  authority.begin_term(2000);
  take_snapshot();
  const Sealed held_back = authority.revoke({revoke_session("s-1")});
  origin.reachable = false;
  pass(seconds(20));
  one->hear(held_back.jws);
  EXPECT_EQ(one->follower.position(), authority.position());
  EXPECT_GE(one->staleness(), seconds(20));
  origin.reachable = origin.has_heartbeat = true;
  pass(seconds(5));
  EXPECT_LE(one->staleness(), seconds(5));
}

// The simulator's seed 6826412 told of it.
TEST_F(FollowerStartTest, AsksForEachTermThatBeginsAndForAsLong) {
  origin.has_heartbeat = false;
  one->hear(authority.begin_term(2000).jws);
  pass(seconds(9));
  one->hear(authority.begin_term(3000).jws);
  pass(seconds(9));
  EXPECT_GE(one->staleness(), Milliseconds(17'900));
  one->hear(authority.begin_term(4000).jws);
  origin.has_heartbeat = true;
  pass(Milliseconds(600));
  EXPECT_LE(one->staleness(), Milliseconds(600));
}

// The simulator's seeds 30181857 and 30807053: a broker tells what it held back before the origin
// answers.
TEST_F(FollowerStartTest, ForgetsWhatMadeItFreshIfThatTermThenProvesToHaveEnded) {
  const Sealed held_back = authority.revoke({revoke_session("s-1")});
  const std::string heartbeat = authority.heartbeat();
  authority.begin_term(2000);
  authority.revoke({revoke_session("s-2")});
  authority.now += seconds(20);
  origin.has_batches = origin.has_snapshot = false;
  for (const bool has_failed : {false, true}) {
    origin.reachable = !has_failed;
    restart();
    one->hear(held_back.jws);
    one->hear(heartbeat);
    pass(seconds(1));
    if (has_failed) {
      EXPECT_LE(one->staleness(), seconds(1)) << "nobody could be asked";
      origin.reachable = true;
      pass(seconds(5));
    }
    EXPECT_EQ(one->staleness(), Milliseconds::max());
  }
  origin.has_batches = true;
  pass(seconds(20));
  EXPECT_EQ(one->follower.position(), authority.position());
  EXPECT_LE(one->staleness(), seconds(4));
}

TEST_F(FollowerStartTest, ForgetsATermThatEndedWhileItWaitedForTheOriginsWord) {
  const Sealed held_back = authority.revoke({revoke_session("s-1")});
  const std::string heartbeat = authority.heartbeat();
  const Sealed second = authority.begin_term(2000);
  const Sealed third = authority.begin_term(3000);
  authority.now += seconds(20);
  origin.has_batches = origin.has_snapshot = origin.has_heartbeat = false;
  restart();
  one->hear(held_back.jws);
  one->hear(heartbeat);
  pass(seconds(1));
  EXPECT_LE(one->staleness(), seconds(1)) << "nobody could be asked";
  one->hear(second.jws);
  origin.has_heartbeat = true;
  pass(seconds(5));
  EXPECT_EQ(one->staleness(), Milliseconds::max());
  origin.has_heartbeat = false;
  pass(seconds(20));
  EXPECT_EQ(one->staleness(), Milliseconds::max()) << "the origin has told of a later one";
  one->hear(third.jws);
  EXPECT_GE(one->staleness(), seconds(20));
  origin.has_heartbeat = true;
  pass(seconds(5));
  EXPECT_LE(one->staleness(), seconds(4));
}

// The simulator's seed 60054404.
TEST_F(FollowerStartTest, AWordOfAnEarlierHeadTellsTheTime) {
  origin.has_heartbeat = false;
  one = std::make_unique<FollowerForTest>(origin, nullptr, authority.now);
  const std::string earlier = authority.heartbeat();
  authority.revoke({revoke_session("s-1")});
  take_snapshot();
  one->hear(earlier);
  const Sealed held_back = authority.revoke({revoke_session("s-2")});
  pass(seconds(20));
  one->hear(held_back.jws);
  EXPECT_TRUE(one->follower.ready());
  EXPECT_GE(one->staleness(), seconds(18));
}

TEST_F(FollowerStartTest, ATermThatHasEndedIsNotBelievedThoughTheOriginFails) {
  pass(seconds(1));
  authority.now += seconds(10);
  const Sealed held_back = authority.begin_term(2000);
  authority.begin_term(3000);
  authority.now += seconds(20);
  origin.has_batches = origin.has_snapshot = false;
  one->clock.advance(seconds(30));
  pass(seconds(5));
  origin.reachable = false;
  one->hear(held_back.jws);
  pass(seconds(20));
  EXPECT_GE(one->staleness(), seconds(50));
  origin.reachable = true;
  pass(seconds(5));
  EXPECT_GE(one->staleness(), seconds(50));
  origin.has_batches = true;
  pass(seconds(30));
  EXPECT_LE(one->staleness(), seconds(4));
}

TEST_F(FollowerStartTest, WhatWasForgottenMakesNothingFreshAfterARestart) {
  const Sealed held_back = authority.revoke({revoke_session("s-1")});
  const std::string heartbeat = authority.heartbeat();
  authority.begin_term(2000);
  origin.has_batches = origin.has_snapshot = false;
  restart();
  one->hear(held_back.jws);
  one->hear(heartbeat);
  pass(seconds(1));
  EXPECT_TRUE(one->follower.save_checkpoint(one->clock.now()).has_value());
  origin.reachable = false;
  restart();
  pass(seconds(1));
  one->hear(heartbeat);
  EXPECT_EQ(one->staleness(), Milliseconds::max());
}

// The simulator's seed 182110.
TEST_F(FollowerStartTest, AWordOfATermThatHasEndedMakesNothingFresh) {
  start_with_nothing();
  for (const char* session : {"s-1", "s-2", "s-3"}) authority.revoke({revoke_session(session)});
  take_snapshot();
  EXPECT_TRUE(one->follower.ready());
  const std::string held_back = authority.heartbeat();
  authority.begin_term(2000);
  one->hear(authority.heartbeat());
  origin.reachable = false;
  pass(seconds(20));
  one->hear(held_back);
  EXPECT_EQ(one->staleness(), Milliseconds::max());
}

}  // namespace
}  // namespace rescind::feed

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

}  // namespace
}  // namespace rescind::feed

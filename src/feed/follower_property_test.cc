// Whatever roads do to words, the index in the end is that of all batches in order.

#include <gtest/gtest.h>

#include <algorithm>

#include "feed/follower_for_test.h"

namespace rescind::feed {
namespace {

using std::chrono::seconds;

revocation::Revocation drawn_revocation(Random& random, Position cut) {
  const std::string name = "n-" + std::to_string(random.below(20));
  auto one = random.below(2) == 0 ? revoke_session(name) : revoke_subject(name, cut);
  one.until += random.below(1000);
  one.reason = static_cast<revocation::Reason>(random.below(3));
  return one;
}

// An authority with batches of each kind.
AuthorityForTest drawn_history(Random& random, std::size_t batches) {
  AuthorityForTest authority;
  int key = 0;
  while (authority.log().size() < batches) {
    const auto draw = random.below(40);
    if (draw == 0) {
      authority.begin_term(authority.position().term + 1 + random.below(10));
    } else if (draw == 1) {
      authority.change_key(test_key(++key % 4));
    } else if (draw == 2) {
      authority.future_kind(false);
    } else {
      std::vector<revocation::Revocation> some(1 + random.below(3));
      for (auto& one : some) one = drawn_revocation(random, authority.position());
      authority.revoke(std::move(some));
    }
  }
  return authority;
}

// Shuffles within windows, repeats each up to `copies` times, drops one in `drop_one_in` (0: none).
std::vector<std::string> mistreated(const std::vector<Sealed>& log, Random& random,
                                    std::size_t window, std::uint64_t copies,
                                    std::uint64_t drop_one_in) {
  std::vector<std::string> words;
  for (const auto& sealed : log) {
    if (drop_one_in > 0 && random.below(drop_one_in) == 0) continue;
    words.insert(words.end(), 1 + random.below(copies), sealed.jws);
  }
  for (std::size_t begin = 0; begin < words.size(); begin += window) {
    const std::size_t size = std::min(window, words.size() - begin);
    for (std::size_t i = size; i > 1; --i) {
      std::swap(words[begin + i - 1], words[begin + random.below(i)]);
    }
  }
  return words;
}

Digest digest_in_order(AuthorityForTest& authority) {
  OriginForTest origin(authority);
  FollowerForTest follower(origin, nullptr, authority.now);
  follower.run(seconds(1));
  EXPECT_EQ(follower.follower.position(), authority.position());
  return follower.index->digest();
}

void follow_mistreated(std::uint64_t seed, std::uint64_t drop_one_in) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  SeededRandom random(seed);
  AuthorityForTest authority = drawn_history(random, 60);
  AuthorityForTest at_first;  // has the same batch 1
  OriginForTest origin(at_first);
  FollowerForTest follower(origin, nullptr, authority.now);
  follower.run(seconds(1));
  ASSERT_EQ(follower.follower.position().number, 1U);
  origin.point_at(authority);
  for (const auto& word :
       mistreated(authority.log(), random, 1 + random.below(100), 10, drop_one_in)) {
    follower.hear(word);
    if (random.below(10) == 0) follower.run(Milliseconds(1));
  }
  follower.hear(authority.heartbeat());
  follower.run(seconds(10));
  EXPECT_EQ(follower.follower.position(), authority.position());
  EXPECT_TRUE(follower.index->digest() == digest_in_order(authority));
  EXPECT_EQ(follower.counters().histories_lost, 0U);
}

TEST(FollowerProperty, RepeatedAndShuffledBatchesGiveTheIndexOfAllInOrder) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) follow_mistreated(seed, 0);
}

TEST(FollowerProperty, LostBatchesAreRepaired) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) follow_mistreated(seed, 3);
}

TEST(FollowerProperty, AnyOneLostBatchIsFoundByTheNextHeartbeat) {
  SeededRandom random(7);
  const AuthorityForTest whole = drawn_history(random, 30);
  for (std::size_t lost = 1; lost < whole.log().size(); ++lost) {
    AuthorityForTest authority = whole;
    AuthorityForTest at_first;
    OriginForTest origin(at_first);
    FollowerForTest follower(origin, nullptr, authority.now);
    follower.run(seconds(1));
    origin.point_at(authority);
    for (std::size_t i = 1; i < whole.log().size(); ++i) {
      if (i != lost) follower.hear(whole.log()[i].jws);
    }
    follower.hear(authority.heartbeat());
    follower.run(Milliseconds(100));
    EXPECT_EQ(follower.follower.position(), authority.position()) << "lost " << lost;
  }
}

// A snapshot is taken while batches go on being committed: nothing falls between the two.
TEST(FollowerProperty, NothingIsMissingBetweenASnapshotAndItsTail) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SeededRandom random(seed);
    AuthorityForTest authority = drawn_history(random, 20);
    // Between any two questions the authority commits.
    class Busy final : public Origin {
     public:
      Busy(AuthorityForTest& log, Random& draws) : log_(log), inner_(log), random_(draws) {}
      void batches_after(Position after, Then<std::vector<std::string>> then) override {
        commit();
        inner_.batches_after(after, std::move(then));
      }
      void snapshot(Then<Snapshot> then) override {
        inner_.snapshot(std::move(then));
        commit();
      }
      void heartbeat(Then<std::string> then) override { inner_.heartbeat(std::move(then)); }
      void report(const Report& report, Then<void> then) override {
        inner_.report(report, std::move(then));
      }

     private:
      void commit() {
        for (auto left = left_ > 0 ? random_.below(10) : 0; left > 0; --left, --left_) {
          log_.revoke({drawn_revocation(random_, log_.position())});
        }
      }
      AuthorityForTest& log_;
      OriginForTest inner_;
      Random& random_;
      int left_ = 60;
    } busy(authority, random);
    FollowerForTest follower(busy, nullptr, authority.now);
    follower.run(seconds(1));
    for (int i = 0; i < 5; ++i) {
      follower.hear(authority.heartbeat());
      follower.run(seconds(1));
    }
    EXPECT_EQ(follower.follower.position(), authority.position());
    EXPECT_TRUE(follower.index->digest() == digest_in_order(authority));
  }
}

}  // namespace
}  // namespace rescind::feed

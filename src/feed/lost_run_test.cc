#include "feed/lost_run.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "feed/authority_for_test.h"

namespace rescind::feed {
namespace {

// A history of which the last ten batches, with a term begun among them, are lost.
class LostRunTest : public testing::Test {
 protected:
  LostRunTest() {
    authority.revoke({revoke_session("shared")});
    common = {.position = authority.last().position, .head = authority.last().hash};
    for (int i = 0; i < 5; ++i) authority.revoke({revoke_session("a" + std::to_string(i))});
    authority.begin_term(2000);
    for (int i = 0; i < 4; ++i) authority.revoke({revoke_session("b" + std::to_string(i))});
  }
  LostRun run(std::size_t max_bytes = std::size_t{1} << 20U) const {
    const auto proof = read_proof(authority.heartbeat(), *test_keys({0}));
    EXPECT_TRUE(proof);
    return {*proof, common, max_bytes};
  }
  std::vector<std::string> words(std::size_t from, std::size_t to) const {
    std::vector<std::string> some;
    for (std::size_t i = from; i < to; ++i) some.push_back(authority.log()[i].jws);
    return some;
  }
  std::size_t all() const { return authority.log().size(); }

  AuthorityForTest authority;
  Place common;
};

TEST_F(LostRunTest, IsCompleteOnceItReachesWhatIsShared) {
  LostRun whole = run();
  EXPECT_FALSE(whole.complete());
  auto shuffled = words(0, all());
  std::ranges::reverse(shuffled);
  std::swap(shuffled[1], shuffled[7]);
  EXPECT_EQ(whole.take(shuffled), 10U);
  EXPECT_TRUE(whole.complete());
  ASSERT_EQ(whole.batches().size(), 10U);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(whole.batches()[i].position, authority.log()[i + 2].position);
  }
  EXPECT_EQ(whole.take(shuffled), 0U) << "nothing more is needed";
}

TEST_F(LostRunTest, IsPutTogetherFromTheNewestBack) {
  LostRun parts = run();
  EXPECT_EQ(parts.take(words(2, 6)), 0U) << "what comes after is not known yet";
  EXPECT_EQ(parts.take(words(6, all())), 6U);
  EXPECT_FALSE(parts.complete());
  EXPECT_EQ(parts.take(words(2, 6)), 4U);
  EXPECT_TRUE(parts.complete());
}

TEST_F(LostRunTest, TakesNothingFromALiar) {
  AuthorityForTest other;
  for (int i = 0; i < 12; ++i) other.revoke({revoke_session("x" + std::to_string(i))});
  std::vector<std::string> lies;
  for (const Sealed& sealed : other.log()) lies.push_back(sealed.jws);
  lies.emplace_back("no word");
  lies.push_back(authority.heartbeat());
  lies.push_back(authority.last().jws + "x");
  LostRun lied = run();
  EXPECT_EQ(lied.take(lies), 0U);
  auto mixed = words(2, all());
  mixed.erase(mixed.begin() + 3);
  mixed.insert(mixed.end(), lies.begin(), lies.end());
  EXPECT_EQ(lied.take(mixed), 6U) << "up to the hole";
  EXPECT_FALSE(lied.complete());
}

TEST_F(LostRunTest, WhatLeadsToAnotherPlaceIsNeverComplete) {
  common.head[0] ^= 1U;
  LostRun elsewhere = run();
  elsewhere.take(words(0, all()));
  EXPECT_FALSE(elsewhere.complete());
  EXPECT_EQ(elsewhere.batches().size(), 10U) << "what it has is genuine all the same";
}

TEST_F(LostRunTest, GoesOnBeforeWhatItHasLetGo) {
  LostRun parts = run();
  EXPECT_EQ(parts.take(words(6, all())), 6U);
  EXPECT_EQ(parts.let_go().size(), 6U);
  EXPECT_TRUE(parts.batches().empty());
  EXPECT_EQ(parts.take(words(6, all())), 0U) << "it has been here";
  EXPECT_EQ(parts.take(words(2, 6)), 4U);
  EXPECT_TRUE(parts.complete());
  EXPECT_EQ(parts.let_go().front().position, authority.log()[2].position);
}

TEST_F(LostRunTest, KeepsSoManyBytesAndNotOneMore) {
  std::size_t bytes = 0;
  for (std::size_t i = 2; i < all(); ++i) bytes += authority.log()[i].jws.size();
  LostRun fits = run(bytes);
  fits.take(words(0, all()));
  EXPECT_TRUE(fits.complete());
  LostRun lacks = run(bytes - 1);
  EXPECT_EQ(lacks.take(words(0, all())), 9U);
  EXPECT_FALSE(lacks.complete());
  lacks.let_go();
  EXPECT_EQ(lacks.take(words(0, all())), 0U) << "what was let go counts";
}

}  // namespace
}  // namespace rescind::feed

// Two threads with a verifier each over one index, beside its writer; and what a warm check takes
// from the heap.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/allocations_for_test.h"
#include "verifier/test_world.h"

namespace rescind::verifier {
namespace {

TEST(WarmCheck, AllocatesNothing) {
  TestWorld world;
  const auto verifier = world.verifier();
  const std::string token = world.token(R"(,"tenant":["a","b"])");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(accepted(verifier->check(token, world.now)));
  std::size_t before = allocations_of_this_thread();
  for (int i = 0; i < 100; ++i) {
    const Outcome outcome = verifier->check(token, world.now);
    ASSERT_TRUE(std::get<Decision>(outcome).accepted());
    EXPECT_EQ(std::get<Decision>(outcome).claims()->subject.size(), 2U);
  }
  EXPECT_EQ(allocations_of_this_thread(), before);

  // Also where something was revoked meanwhile, and where it is the token itself.
  world.revoke("sid", "another");
  world.revoke("tenant", "c", revocation::Stamp{1, 6});
  before = allocations_of_this_thread();
  EXPECT_TRUE(accepted(verifier->check(token, world.now)));
  EXPECT_EQ(allocations_of_this_thread(), before);
  world.revoke("jti", "j-1");
  before = allocations_of_this_thread();
  EXPECT_EQ(reason_of(verifier->check(token, world.now)), Reason::kRevoked);
  EXPECT_EQ(allocations_of_this_thread(), before);
}

TEST(BadToken, AllocatesNothing) {
  TestWorld world;
  const auto verifier = world.verifier();
  std::string expired = TestWorld::payload();
  expired.replace(expired.find("1800000300"), 10, "1799999995");
  const std::string token = sign_compact(world.key, "at+jwt", expired);
  verifier->check(token, world.now);
  const std::size_t before = allocations_of_this_thread();
  EXPECT_EQ(reason_of(verifier->check(token, world.now)), Reason::kExpired);
  EXPECT_EQ(allocations_of_this_thread(), before);
}

// Each token is revoked once, at a moment that the writer announces: no check that begins
// afterwards accepts it, and none before the writer began refuses it.
TEST(Threads, NoCheckAcceptsWhatWasRevokedBeforeItBegan) {
  constexpr int kTokens = 200;
  TestWorld world;
  std::vector<std::string> tokens;
  for (int i = 0; i < kTokens; ++i) {
    tokens.push_back(world.token(",\"tenant\":\"t-" + std::to_string(i) + "\""));
  }
  std::atomic<int> revoking = -1;  // up to here it may be refused
  std::atomic<int> revoked = -1;   // up to here it has to be
  std::atomic<int> wrong = 0;
  const auto check_all = [&](Verifier& verifier, std::uint64_t seed) {
    SeededRandom random(seed);
    while (revoked < kTokens - 1) {
      const auto i = static_cast<int>(random.below(kTokens));
      const int certainly = revoked;
      const bool good = accepted(verifier.check(tokens[static_cast<std::size_t>(i)], world.now));
      const int perhaps = revoking;
      if (good ? i <= certainly : i > perhaps) ++wrong;
    }
  };
  const auto one = world.verifier();
  const auto other = world.verifier();
  std::thread first([&] { check_all(*one, 1); });
  std::thread second([&] { check_all(*other, 2); });
  for (int i = 0; i < kTokens; ++i) {
    // Others are revoked all the time, without a cut and with one.
    for (int k = 0; k < 200; ++k) world.revoke("jti", std::int64_t{i} * 1000 + k);
    if (i % 2 == 0) world.revoke("sub", "other-" + std::to_string(i), revocation::Stamp{1, 6});
    revoking = i;
    world.revoke("tenant", "t-" + std::to_string(i), revocation::Stamp{1, 6});
    revoked = i;
  }
  first.join();
  second.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace rescind::verifier

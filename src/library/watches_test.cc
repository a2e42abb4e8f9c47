// Who waits for a revocation, over the index that an agent shares.

#include "library/watches.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "library/world_testing.h"

namespace rescind::library {
namespace {

// What one watch was told.
struct Told {
  std::atomic<int> times = 0;
  std::atomic<Reason> reason = Reason::kMissing;

  std::function<void(Reason)> then() {
    return [this](Reason why) {
      reason = why;
      ++times;
    };
  }
};

TEST(Watches, AreToldOnceOfARevocation) {
  SharedWorld world;
  world.start_agent();
  const auto checker = world.checker();
  Told told;
  Told other;
  const auto watch = checker->on_revoked(test_payload(), std::nullopt, told.then());
  const auto other_watch = checker->on_revoked(test_payload("u2"), std::nullopt, other.then());
  ASSERT_NE(watch, nullptr);
  world.region->revoke("sid", "s-u1");
  ASSERT_TRUE(eventually([&] { return told.times == 1; }));
  EXPECT_EQ(told.reason, Reason::kRevoked);
  world.region->revoke("jti", "j-1");
  ASSERT_TRUE(eventually([&] { return other.times == 1; }));
  EXPECT_EQ(told.times, 1);
}

TEST(Watches, AreToldOfWhatWasRevokedBefore) {
  SharedWorld world;
  world.start_agent();
  world.region->revoke("kid", "k-1");
  const auto checker = world.checker();
  Told told;
  const auto watch = checker->on_revoked(test_payload(), "k-1", told.then());
  EXPECT_TRUE(eventually([&] { return told.times == 1; }));
}

TEST(Watches, AreRefusedForWhatIsNoPayload) {
  SharedWorld world;
  world.start_agent();
  const auto checker = world.checker();
  Told told;
  EXPECT_EQ(checker->on_revoked("{", std::nullopt, told.then()), nullptr);
  EXPECT_EQ(checker->on_revoked("{}", std::nullopt, told.then()), nullptr);
}

TEST(Watches, AreNotToldAfterTheirEnd) {
  SharedWorld world;
  world.start_agent();
  const auto checker = world.checker();
  Told ended;
  Told told;
  auto first = checker->on_revoked(test_payload(), std::nullopt, ended.then());
  const auto second = checker->on_revoked(test_payload(), std::nullopt, told.then());
  first.reset();
  world.region->revoke("jti", "j-1");
  ASSERT_TRUE(eventually([&] { return told.times == 1; }));
  EXPECT_EQ(ended.times, 0);
}

TEST(Watches, MayBeEndedWhileTheyAreTold) {
  SharedWorld world;
  world.start_agent();
  const auto checker = world.checker();
  std::atomic<bool> begun = false;
  std::atomic<bool> may_return = false;
  std::atomic<bool> returned = false;
  auto watch = checker->on_revoked(test_payload(), std::nullopt, [&](Reason) {
    begun = true;
    EXPECT_TRUE(eventually([&] { return may_return.load(); }));
    returned = true;
  });
  world.region->revoke("jti", "j-1");
  ASSERT_TRUE(eventually([&] { return begun.load(); }));
  std::thread ender([&] {
    watch.reset();
    EXPECT_TRUE(returned) << "it was still being called";
  });
  may_return = true;
  ender.join();
}

TEST(Watches, MayEndAndBeginWithinTheirOwnCall) {
  SharedWorld world;
  world.start_agent();
  const auto checker = world.checker();
  Told told;
  std::unique_ptr<Verifier::Watch> watch;
  std::unique_ptr<Verifier::Watch> next;
  Mutex mutex;
  {
    const MutexLock lock(mutex);
    watch = checker->on_revoked(test_payload(), std::nullopt, [&](Reason) {
      const MutexLock inner(mutex);
      watch.reset();
      next = checker->on_revoked(test_payload("u2", "j-2"), std::nullopt, told.then());
    });
  }
  world.region->revoke("jti", "j-1");
  world.region->revoke("jti", "j-2");
  EXPECT_TRUE(eventually([&] { return told.times == 1; }));
  const MutexLock lock(mutex);
  EXPECT_EQ(watch, nullptr);
}

TEST(Watches, MayOutliveWhatTheyWatch) {
  SharedWorld world;
  world.start_agent();
  auto checker = world.checker();
  Told told;
  auto watch = checker->on_revoked(test_payload(), std::nullopt, told.then());
  checker.reset();
  world.region->revoke("jti", "j-1");
  watch.reset();
  EXPECT_EQ(told.times, 0);
}

TEST(Watches, GoOnWhenAnotherRegionTakesOver) {
  SharedWorld world;
  world.start_agent();
  const auto checker = world.checker();
  Told told;
  const auto watch = checker->on_revoked(test_payload(), std::nullopt, told.then());
  world.start_agent();
  world.region->revoke("jti", "j-1");
  EXPECT_TRUE(eventually([&] {
    world.clock.advance(Milliseconds(1));
    return told.times == 1;
  }));
}

TEST(Watches, GoByRulesThatComeLater) {
  SharedWorld world;
  world.start_agent();
  const auto checker = world.checker();
  Told told;
  std::string payload = test_payload();
  payload.insert(payload.size() - 1, R"(,"device":"d-1")");
  const auto watch = checker->on_revoked(payload, std::nullopt, told.then());
  revocation::Entry entry = entry_for("device", "d-1");
  entry.cut = revocation::Stamp{.term = 9, .number = 9};
  ASSERT_TRUE(world.region->index().apply(entry));
  revocation::Rules rules = test_rules();
  rules.issuers[0].revocable_claims.emplace_back("device");
  ASSERT_TRUE(world.region->index().set_rules(std::make_shared<revocation::Rules>(rules)));
  EXPECT_TRUE(eventually([&] { return told.times == 1; }));
}

TEST(Watches, AreCheapEvenWhenThereAreTenThousand) {
  constexpr int kWatches = 10'000;
  SharedWorld world;
  world.start_agent();
  const auto checker = world.checker();
  std::atomic<int> told = 0;
  std::vector<std::unique_ptr<Verifier::Watch>> watches;
  for (int i = 0; i < kWatches; ++i) {
    watches.push_back(checker->on_revoked(test_payload("u" + std::to_string(i), "j"), std::nullopt,
                                          [&told](Reason) { ++told; }));
  }
  for (int i = 0; i < kWatches; i += 2) world.region->revoke("sid", "s-u" + std::to_string(i));
  EXPECT_TRUE(eventually([&] { return told == kWatches / 2; })) << told;
  watches.resize(kWatches / 2);
  world.region->revoke("jti", "j");
  EXPECT_TRUE(eventually([&] { return told == kWatches / 2 + kWatches / 4; })) << told;
}

}  // namespace
}  // namespace rescind::library

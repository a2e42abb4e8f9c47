#include "library/verifier_pool.h"

#include <gtest/gtest.h>

#include <thread>

#include "library/world_testing.h"

namespace rescind::library {
namespace {

TEST(VerifierPool, ServesMoreThreadsThanItHasVerifiers) {
  constexpr int kThreads = 16;
  constexpr int kChecks = 300;
  SharedWorld world;
  world.start_agent();
  const auto checker = world.checker();
  std::vector<std::string> tokens;
  for (int i = 0; i < 8; ++i) tokens.push_back(world.token("u" + std::to_string(i), "j"));
  std::atomic<int> accepted = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kChecks; ++i) {
        const auto n = static_cast<std::size_t>(t + i) % tokens.size();
        if (checker->verify(tokens[n]).accepted()) ++accepted;
      }
    });
  }
  // Meanwhile keys and regions change under them; no token is hit.
  for (int i = 0; i < 5; ++i) {
    world.region->share({&world.key, &world.other_key});
    world.start_agent();
    world.region->share({&world.key});
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(accepted, kThreads * kChecks);
  EXPECT_GE(checker->state().checks, static_cast<std::uint64_t>(kThreads * kChecks));
}

TEST(VerifierPool, KeepsTheLatestKnowledge) {
  SharedWorld world;
  world.start_agent();
  const auto index = world.region->index().view();
  const auto nobody = std::make_shared<const verifier::TrustedIssuers>();
  VerifierPool pool({}, {.indexes = {{.index = index}}, .issuers = nobody, .number = 2},
                    world.random);
  auto parsed = jwt::KeySet::parse("{\"keys\":[" + world.key.public_key().public_jwk() + "]}");
  const auto somebody =
      std::make_shared<const verifier::TrustedIssuers>(std::vector<verifier::TrustedIssuer>{
          {.issuer = kIssuer,
           .algorithms = {jwt::Algorithm::kEs256},
           .audiences = {"api"},
           .keys = std::make_shared<jwt::KeySet>(std::move(parsed->keys))}});
  pool.adopt({.indexes = {{.index = index}}, .issuers = somebody, .number = 1});
  EXPECT_EQ(word_of(pool.check(world.token(), world.clock.now()).decision), "issuer");
  pool.adopt({.indexes = {{.index = index,
                           .keys_generation = revocation::Index::Reader(index).keys_generation()}},
              .issuers = somebody,
              .number = 3});
  const auto checked = pool.check(world.token(), world.clock.now());
  EXPECT_EQ(word_of(checked.decision), "accepted");
  EXPECT_FALSE(checked.behind);
}

}  // namespace
}  // namespace rescind::library

// What a flood of bad tokens costs: nothing but a glance, or at most a bounded number of signature
// checks for each source.

#include <gtest/gtest.h>

#include "verifier/test_world.h"

namespace rescind::verifier {
namespace {

constexpr Source kGood{1};
constexpr Source kBad{2};

Options budget(std::uint32_t per_second, std::uint32_t burst) {
  Options options;
  options.failed_signatures_per_second = per_second;
  options.failed_signatures_burst = burst;
  return options;
}

std::string forged(const TestWorld& world, int number) {
  std::string token = world.token(",\"n\":" + std::to_string(number));
  char& first = token[token.rfind('.') + 1];
  first = first == 'A' ? 'B' : 'A';
  return token;
}

TEST(Flood, WhatCanBeSeenToBeBadCostsNoSignatureCheck) {
  TestWorld world;
  const auto verifier = world.verifier();
  const auto changed = [&](std::string_view from, std::string_view to) {
    std::string text = TestWorld::payload();
    text.replace(text.find(from), from.size(), to);
    return sign_compact(world.key, "at+jwt", text);
  };
  const std::string good = world.token();
  const auto eddsa = jwt::SigningKey::generate(jwt::Algorithm::kEdDsa);
  const std::vector<std::pair<std::string, Reason>> bad = {
      {"+" + good.substr(1), Reason::kMalformed},
      {good + "=", Reason::kMalformed},
      {sign_compact(*eddsa, "at+jwt", TestWorld::payload()), Reason::kAlgorithm},
      {changed("auth.test", "evil.test"), Reason::kIssuer},
      {changed("1800000300", "1799999995"), Reason::kExpired},
      {changed("\"api\"", "\"other\""), Reason::kAudience},
      {sign_compact(world.other_key, "at+jwt", TestWorld::payload()), Reason::kUnknownKey},
  };
  for (const auto& [token, reason] : bad) {
    EXPECT_EQ(reason_of(verifier->check(token, world.now)), reason);
  }
  EXPECT_EQ(verifier->counters().signatures, 0U);
  EXPECT_TRUE(accepted(verifier->check(good, world.now)));
  EXPECT_EQ(verifier->counters().signatures, 1U);
}

TEST(Flood, ASourceThatHasSpentItsBudgetGetsNoMoreSignatureChecks) {
  TestWorld world;
  const auto verifier = world.verifier(budget(10, 5));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(reason_of(verifier->check(forged(world, i), world.now, kBad)), Reason::kSignature);
  }
  EXPECT_EQ(verifier->counters().signatures, 5U);
  EXPECT_EQ(verifier->counters().wasted, 5U);
  EXPECT_EQ(verifier->counters().unchecked, 95U);

  // The answer is that of a wrong signature, even where the token is good.
  const std::string good = world.token();
  EXPECT_EQ(reason_of(verifier->check(good, world.now, kBad)), Reason::kSignature);
  EXPECT_TRUE(accepted(verifier->check(good, world.now, kGood)));
  // Now it is known, and goes on wherever it comes from.
  EXPECT_TRUE(accepted(verifier->check(good, world.now, kBad)));
}

TEST(Flood, KnownTokensGoOnWhateverTheirSourceHasSpent) {
  TestWorld world;
  const auto verifier = world.verifier(budget(10, 5));
  const std::string known = world.token();
  ASSERT_TRUE(accepted(verifier->check(known, world.now, kBad)));
  for (int i = 0; i < 10; ++i) verifier->check(forged(world, i), world.now, kBad);
  EXPECT_TRUE(accepted(verifier->check(known, world.now, kBad)));
  // Also under new keys, which ask for its signature again.
  verifier->set_issuers(std::make_shared<TrustedIssuers>(std::vector{world.trusted()}));
  EXPECT_TRUE(accepted(verifier->check(known, world.now, kBad)));
  EXPECT_EQ(verifier->counters().signatures, 7U);
}

TEST(Flood, ABudgetComesBack) {
  TestWorld world;
  const auto verifier = world.verifier(budget(10, 1));
  verifier->check(forged(world, 0), world.now, kBad);
  EXPECT_EQ(reason_of(verifier->check(world.token(), world.now, kBad)), Reason::kSignature);
  const Now later{.wall = world.now.wall, .boot = world.now.boot + Milliseconds(100)};
  EXPECT_TRUE(accepted(verifier->check(world.token(), later, kBad)));
}

TEST(Flood, SourcesThatAreNotKnownShareOneBudget) {
  TestWorld world;
  const auto verifier = world.verifier(budget(10, 1));
  verifier->check(forged(world, 0), world.now);
  EXPECT_EQ(reason_of(verifier->check(world.token(), world.now)), Reason::kSignature);
  EXPECT_TRUE(accepted(verifier->check(world.token(), world.now, kGood)));
}

TEST(Flood, OneRevokedTokenCostsOneSignatureCheck) {
  TestWorld world;
  world.revoke("jti", "j-1");
  const auto verifier = world.verifier();
  const std::string token = world.token();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(reason_of(verifier->check(token, world.now, kBad)), Reason::kRevoked);
  }
  EXPECT_EQ(verifier->counters().signatures, 1U);
  EXPECT_EQ(verifier->counters().wasted, 1U);
}

TEST(Flood, ManyRevokedTokensSpendTheirSourcesBudget) {
  TestWorld world;
  world.revoke("jti", "j-1");
  const auto verifier = world.verifier(budget(10, 5));
  for (int i = 0; i < 100; ++i) {
    const auto reason =
        reason_of(verifier->check(world.token(",\"n\":" + std::to_string(i)), world.now, kBad));
    EXPECT_EQ(reason, i < 5 ? Reason::kRevoked : Reason::kSignature);
  }
  EXPECT_EQ(verifier->counters().signatures, 5U);
  // Another's token is no worse for it.
  EXPECT_EQ(reason_of(verifier->check(world.token(",\"n\":1000"), world.now, kGood)),
            Reason::kRevoked);
}

}  // namespace
}  // namespace rescind::verifier

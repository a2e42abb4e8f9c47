// For those who have verified a token themselves: check_claims, and watching.

#include <gtest/gtest.h>

#include "verifier/test_world.h"

namespace rescind::verifier {
namespace {

std::string payload() { return TestWorld::payload(); }

TEST(CheckClaims, AcceptsWhatIsNotRevokedAndSaysWhoBearsIt) {
  TestWorld world;
  const Outcome outcome = world.verifier()->check_claims(payload(), std::nullopt, world.now);
  ASSERT_TRUE(accepted(outcome)) << to_string(*reason_of(outcome));
  EXPECT_EQ(std::get<Decision>(outcome).claims()->subject, "u1");
}

TEST(CheckClaims, RefusesWhatIsRevokedByAnyOfItsTargets) {
  const std::string kid = "their-key";
  for (const std::string claim : {"jti", "sid", "sub", "client_id", "kid"}) {
    SCOPED_TRACE(claim);
    TestWorld world;
    const auto verifier = world.verifier();
    ASSERT_TRUE(accepted(verifier->check_claims(payload(), kid, world.now)));
    const bool has_cut = revocation::has_cut(claim);
    const std::string value = claim == "jti"   ? "j-1"
                              : claim == "sid" ? "s-1"
                              : claim == "sub" ? "u1"
                              : claim == "kid" ? kid
                                               : "c-1";
    world.revoke(claim, value, has_cut ? std::optional(revocation::Stamp{1, 6}) : std::nullopt);
    EXPECT_EQ(reason_of(verifier->check_claims(payload(), kid, world.now)), Reason::kRevoked);
  }
}

TEST(CheckClaims, KnowsTheOnlyKeyOfAnIssuerWhereNoneIsNamed) {
  TestWorld world;
  world.revoke("kid", std::string(world.key.key_id()));
  EXPECT_EQ(reason_of(world.verifier()->check_claims(payload(), std::nullopt, world.now)),
            Reason::kRevoked);
}

TEST(CheckClaims, LeavesDatesToTheCallerButForThoseThatRevocationRestsOn) {
  TestWorld world;
  const auto verifier = world.verifier();
  const auto with = [](std::string_view from, std::string_view to) {
    std::string text = payload();
    return text.replace(text.find(from), from.size(), to);
  };
  const auto reason = [&](const std::string& json) {
    return reason_of(verifier->check_claims(json, std::nullopt, world.now));
  };
  EXPECT_EQ(reason(with("1800000300", "1799999990")), std::nullopt) << "expired, not yet purged";
  EXPECT_EQ(reason(with("1799999990", "1800000200")), std::nullopt) << "issued later";
  EXPECT_EQ(reason(with("\"exp\"", "\"exq\"")), Reason::kClaim);
  EXPECT_EQ(reason(with("1800000300", "1900000000")), Reason::kClaim);
  EXPECT_EQ(reason("{"), Reason::kJson);
  EXPECT_EQ(reason(with("\"u1\"", "7")), Reason::kClaim);
  world.index->raise_purge_time(wall_from_seconds(TestWorld::kNowSeconds + 305));
  EXPECT_EQ(reason(payload()), Reason::kExpired);
}

TEST(CheckClaims, IsStaleWhereNobodyVouches) {
  TestWorld world;
  const Now later{.wall = world.now.wall + std::chrono::seconds(31),
                  .boot = world.now.boot + std::chrono::seconds(31)};
  EXPECT_EQ(reason_of(world.verifier()->check_claims(payload(), std::nullopt, later)),
            Reason::kStale);
  world.index->set_rules(std::make_shared<revocation::Rules>());
  EXPECT_EQ(reason_of(world.verifier()->check_claims(payload(), std::nullopt, world.now)),
            Reason::kStale);
}

TEST(Watched, HearsOfItsRevocationOnce) {
  TestWorld world;
  const auto verifier = world.verifier();
  auto watched = verifier->watch(payload(), std::nullopt);
  ASSERT_TRUE(watched.has_value());
  EXPECT_EQ(watched->expires(), (TestWorld::kNowSeconds + 300) * 1000);
  EXPECT_EQ(verifier->revoked_now(*watched), std::nullopt);
  world.revoke("sid", "another");
  EXPECT_EQ(verifier->revoked_now(*watched), std::nullopt);
  world.revoke("sid", "s-1", std::nullopt, revocation::Reason::kSignedOut);
  EXPECT_EQ(verifier->revoked_now(*watched), Reason::kSignedOut);
  EXPECT_EQ(verifier->revoked_now(*watched), Reason::kSignedOut) << "and goes on hearing of it";
}

TEST(Watched, IsHitByRulesThatCameLater) {
  TestWorld world;
  const auto verifier = world.verifier();
  auto watched = verifier->watch(TestWorld::payload(R"(,"region":["eu","us"])"), std::nullopt);
  ASSERT_TRUE(watched.has_value());
  EXPECT_EQ(verifier->revoked_now(*watched), std::nullopt);
  revocation::Rules rules = *world.index->rules();
  rules.issuers[0].revocable_claims.emplace_back("region");
  world.index->set_rules(std::make_shared<revocation::Rules>(rules));
  world.revoke("region", "us", revocation::Stamp{1, 6});
  EXPECT_EQ(verifier->revoked_now(*watched), Reason::kRevoked);
}

TEST(Watched, AsksTheRegionThatIsThereNow) {
  TestWorld before;
  TestWorld after;
  SeededRandom other(8);
  after.index = *revocation::Index::create(other, {});
  after.index->set_rules(before.index->rules());
  before.revoke("jti", "another");
  after.revoke("jti", "j-1");
  const auto verifier = before.verifier();
  auto watched = verifier->watch(payload(), std::nullopt);
  ASSERT_TRUE(watched.has_value());
  EXPECT_EQ(verifier->revoked_now(*watched), std::nullopt);
  verifier->set_index(after.index->view());
  EXPECT_EQ(verifier->revoked_now(*watched), Reason::kRevoked);
}

TEST(Watched, RefusesWhatCannotBeWatched) {
  TestWorld world;
  const auto verifier = world.verifier();
  EXPECT_EQ(verifier->watch("[]", std::nullopt).error(), Reason::kJson);
  EXPECT_EQ(verifier->watch(R"({"iss":"https://auth.test"})", std::nullopt).error(),
            Reason::kClaim);
}

}  // namespace
}  // namespace rescind::verifier

#include "verifier/targets.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "verifier/test_world.h"

namespace rescind::verifier {
namespace {

revocation::IssuerRules rules() {
  return {.issuer = "https://id.test",
          .stamps = revocation::StampKind::kPosition,
          .session_claims = {"session_id", "sid"},
          .revocable_claims = {"tenant", "level"},
          .longest_lifetime = std::chrono::hours(1),
          .longest_session = std::chrono::hours(24)};
}

std::expected<Targets, Reason> targets(const std::string& json) {
  json::Reader reader;
  const auto payload = jwt::read_payload(json, reader);
  if (!payload) return std::unexpected(payload.error());
  Targets found;
  SharedKeysMemo memo;
  const auto reason = find_targets(*payload, rules(), memo, found);
  if (reason) return std::unexpected(*reason);
  return found;
}

TEST(Targets, AreTheClaimsThatTheRulesName) {
  const auto found = targets(
      R"({"iss":"https://id.test","sub":"u","jti":"j","sid":"a","session_id":"b","client_id":"c",)"
      R"("tenant":["x",7,1.5,null,"y"],"level":-3,"other":"z","fpos":"3.9"})");
  ASSERT_TRUE(found.has_value());
  const auto key = [](std::string_view claim, revocation::ValueView value) {
    return revocation::key_of("https://id.test", claim, value);
  };
  // Both session claims count as the session; a fraction and null are not revocable.
  EXPECT_EQ(found->plain, (std::vector{key("jti", "j"), key("sid", "b"), key("sid", "a")}));
  EXPECT_EQ(found->cut,
            (std::vector{key("sub", "u"), key("client_id", "c"), key("iss", "https://id.test"),
                         key("tenant", "x"), key("tenant", std::int64_t{7}), key("tenant", "y"),
                         key("level", std::int64_t{-3})}));
  EXPECT_EQ(found->stamp, (revocation::Stamp{3, 9}));
}

TEST(Targets, ANumberAndItsTextAreNotTheSame) {
  const auto number = targets(R"({"iss":"https://id.test","level":7})");
  const auto text = targets(R"({"iss":"https://id.test","level":"7"})");
  EXPECT_NE(number->cut.back(), text->cut.back());
}

TEST(SharedKeysMemo, SaysWhatTheDefinitionSays) {
  SharedKeysMemo memo;
  SeededRandom random(3);
  for (int i = 0; i < 10'000; ++i) {
    const std::string issuer = "i" + std::to_string(random.below(3));
    const std::string claim = random.below(2) == 0 ? "kid" : "client_id";
    const std::string value = "v" + std::to_string(random.below(100));
    ASSERT_EQ(memo.key_of(issuer, claim, value), revocation::key_of(issuer, claim, value));
  }
}

TEST(Targets, AreBounded) {
  const auto with = [](std::size_t elements) {
    std::string json = R"({"iss":"https://id.test","tenant":[)";
    for (std::size_t i = 0; i < elements; ++i) json += (i ? "," : "") + std::to_string(i);
    return targets(json + "]}");
  };
  // `iss` itself is one.
  EXPECT_TRUE(with(kMaxTargets - 1).has_value());
  ASSERT_FALSE(with(kMaxTargets).has_value());
  EXPECT_EQ(with(kMaxTargets).error(), Reason::kClaim);
}

TEST(Targets, TheGravestReasonWins) {
  TestWorld world;
  world.revoke("jti", "j-1", std::nullopt, revocation::Reason::kSignedOut);
  world.revoke("sid", "s-1", std::nullopt, revocation::Reason::kCompromised);
  world.revoke("sub", "u1", revocation::Stamp{1, 6}, revocation::Reason::kRevoked);
  EXPECT_EQ(reason_of(world.verifier()->check(world.token(), world.now)), Reason::kCompromised);
}

}  // namespace
}  // namespace rescind::verifier

#include "verifier/verifier.h"

#include <gtest/gtest.h>

#include "verifier/test_world.h"

namespace rescind::verifier {
namespace {

TEST(Verifier, AcceptsAGoodTokenAndSaysWhoBearsIt) {
  TestWorld world;
  const auto verifier = world.verifier();
  const Outcome outcome =
      verifier->check(world.token(R"(,"email":"u@x.test","scope":"a b")"), world.now);
  ASSERT_TRUE(accepted(outcome)) << to_string(*reason_of(outcome));
  const Claims& claims = *std::get<Decision>(outcome).claims();
  EXPECT_EQ(claims.subject, "u1");
  EXPECT_EQ(claims.session_id, "s-1");
  EXPECT_EQ(claims.token_id, "j-1");
  EXPECT_EQ(claims.client_id, "c-1");
  EXPECT_EQ(claims.email, "u@x.test");
  EXPECT_EQ(claims.scope, "a b");
  EXPECT_EQ(claims.audience, std::vector<std::string>{"api"});
  EXPECT_EQ(claims.expires_at, TestWorld::kNowSeconds + 300);
}

TEST(Verifier, NamesTheReasonOfEachRefusal) {
  TestWorld world;
  const auto verifier = world.verifier();
  const auto signed_by_us = [&](const std::string& payload) {
    return sign_compact(world.key, "at+jwt", payload);
  };
  const std::string good = world.token();
  std::string forged = good;
  char& first = forged[forged.rfind('.') + 1];
  first = first == 'A' ? 'B' : 'A';
  std::string without_expiry = TestWorld::payload();
  without_expiry.replace(without_expiry.find("\"exp\""), 5, "\"exq\"");
  std::string other_issuer = TestWorld::payload();
  other_issuer.replace(other_issuer.find("auth.test"), 9, "evil.test");
  std::string other_audience = TestWorld::payload();
  other_audience.replace(other_audience.find("\"api\""), 5, "\"apx\"");
  std::string expired = TestWorld::payload();
  expired.replace(expired.find("1800000300"), 10, "1799999995");

  struct Case {
    std::string token;
    Reason reason;
  };
  const std::vector<Case> cases = {
      {"", Reason::kMalformed},
      {"a.b", Reason::kMalformed},
      {good + ".x", Reason::kMalformed},
      {good + std::string(8193, 'A'), Reason::kTooLarge},
      {signed_by_us("[]"), Reason::kJson},
      {signed_by_us(without_expiry), Reason::kClaim},
      {signed_by_us(other_issuer), Reason::kIssuer},
      {signed_by_us(other_audience), Reason::kAudience},
      {signed_by_us(expired), Reason::kExpired},
      {signed_by_us(TestWorld::payload(R"(,"nbf":1800000010)")), Reason::kNotYetValid},
      {sign_compact(world.key, "JWT", TestWorld::payload()), Reason::kType},
      {sign_compact(world.other_key, "at+jwt", TestWorld::payload()), Reason::kUnknownKey},
      {sign_compact(*jwt::SigningKey::generate(jwt::Algorithm::kEdDsa), "at+jwt",
                    TestWorld::payload()),
       Reason::kAlgorithm},
      {forged, Reason::kSignature},
  };
  for (const Case& c : cases) {
    const auto reason = reason_of(verifier->check(c.token, world.now));
    ASSERT_TRUE(reason.has_value()) << to_string(c.reason);
    EXPECT_EQ(to_string(*reason), to_string(c.reason));
  }
  EXPECT_TRUE(accepted(verifier->check(good, world.now)));
}

TEST(Verifier, RefusesARevokedTokenOnTheVeryNextCheckAlsoOutOfItsCache) {
  TestWorld world;
  const auto verifier = world.verifier();
  const std::string token = world.token();
  ASSERT_TRUE(accepted(verifier->check(token, world.now)));
  ASSERT_TRUE(accepted(verifier->check(token, world.now)));
  EXPECT_EQ(verifier->counters().signatures, 1U);
  world.revoke("sid", "s-1", std::nullopt, revocation::Reason::kSignedOut);
  EXPECT_EQ(reason_of(verifier->check(token, world.now)), Reason::kSignedOut);
  EXPECT_EQ(verifier->counters().signatures, 1U);
  EXPECT_EQ(reason_of(world.verifier()->check(token, world.now)), Reason::kSignedOut);
}

TEST(Verifier, TellsOfARevocationOnlyWhereTheSignatureIsGood) {
  TestWorld world;
  world.revoke("jti", "j-1");
  std::string forged = world.token();
  forged[forged.rfind('.') + 1] = forged[forged.rfind('.') + 1] == 'A' ? 'B' : 'A';
  const auto verifier = world.verifier();
  EXPECT_EQ(reason_of(verifier->check(forged, world.now)), Reason::kSignature);
  EXPECT_EQ(reason_of(verifier->check(world.token(), world.now)), Reason::kRevoked);
}

TEST(Verifier, ACutHitsWhatWasStampedBeforeItAndNothingElse) {
  TestWorld world;
  world.revoke("sub", "u1", revocation::Stamp{1, 6});
  const auto verifier = world.verifier();
  EXPECT_EQ(reason_of(verifier->check(world.token("", "1.5"), world.now)), Reason::kRevoked);
  EXPECT_TRUE(accepted(verifier->check(world.token("", "1.6"), world.now)));
  EXPECT_TRUE(accepted(verifier->check(world.token("", "2.1"), world.now)));
  // No stamp, or none that can be read: older than everything.
  EXPECT_EQ(reason_of(verifier->check(world.token("", ""), world.now)), Reason::kRevoked);
}

TEST(Verifier, AForeignTokenIsHitByItsTimeAndItsPositionIsIgnored) {
  TestWorld world(revocation::StampKind::kTime);
  const auto issued_ms = static_cast<std::uint64_t>(TestWorld::kNowSeconds - 10) * 1000;
  world.revoke("sub", "u1", revocation::stamp_of_ms(issued_ms - 1));
  EXPECT_TRUE(accepted(world.verifier()->check(world.token("", "0.0"), world.now)));
  world.revoke("sub", "u1", revocation::stamp_of_ms(issued_ms));
  EXPECT_EQ(reason_of(world.verifier()->check(world.token("", "9.9"), world.now)),
            Reason::kRevoked);
}

TEST(Verifier, AStolenKeyIsRefusedEverywhere) {
  TestWorld world;
  const auto verifier = world.verifier();
  const std::string token = world.token();
  ASSERT_TRUE(accepted(verifier->check(token, world.now)));
  world.revoke("kid", std::string(world.key.key_id()), std::nullopt,
               revocation::Reason::kCompromised);
  EXPECT_EQ(reason_of(verifier->check(token, world.now)), Reason::kCompromised);
}

TEST(Verifier, StaleIsAStateAndThePolicySaysWhatFollows) {
  TestWorld world;
  const Now later{.wall = world.now.wall + std::chrono::seconds(31),
                  .boot = world.now.boot + std::chrono::seconds(31)};
  const auto with = [&](OnStale policy) {
    Options options;
    options.on_stale = policy;
    return world.verifier(options)->check(world.token(), later);
  };
  EXPECT_EQ(reason_of(with(OnStale::kRefuse)), Reason::kStale);
  const Outcome accepted_stale = with(OnStale::kAccept);
  ASSERT_TRUE(accepted(accepted_stale));
  EXPECT_TRUE(std::get<Decision>(accepted_stale).stale());
  const Outcome pending = with(OnStale::kIntrospect);
  ASSERT_TRUE(std::holds_alternative<Pending>(pending));
  const auto& question = std::get<Pending>(pending);
  EXPECT_TRUE(Verifier::finish(question, Answer::kActive).accepted());
  EXPECT_EQ(Verifier::finish(question, Answer::kInactive).reason(), Reason::kRevoked);
  EXPECT_EQ(Verifier::finish(question, Answer::kUnavailable).reason(), Reason::kStale);
  // What is known to be revoked is refused whatever the policy.
  world.revoke("jti", "j-1");
  EXPECT_EQ(reason_of(with(OnStale::kAccept)), Reason::kRevoked);
  EXPECT_EQ(reason_of(with(OnStale::kIntrospect)), Reason::kRevoked);
}

TEST(Verifier, AsksForEntriesThatAreElsewhere) {
  TestWorld world;
  const Now later{.wall = world.now.wall + std::chrono::seconds(31),
                  .boot = world.now.boot + std::chrono::seconds(31)};
  const auto with = [&](OnStale policy, Now now) {
    Options options;
    options.on_stale = policy;
    options.entries_elsewhere = true;
    const auto verifier = world.verifier(options);
    verifier->check(world.token(), now);
    return verifier->check(world.token(), now);  // out of the cache
  };
  const auto asked = [](const Outcome& outcome) {
    const auto* pending = std::get_if<Pending>(&outcome);
    return pending != nullptr && pending->targets != nullptr ? pending : nullptr;
  };
  const Outcome fresh = with(OnStale::kRefuse, world.now);
  const Pending* question = asked(fresh);
  ASSERT_NE(question, nullptr);
  EXPECT_EQ(question->targets->plain.size(), 3U);  // jti, sid, kid
  EXPECT_EQ(question->targets->cut.size(), 3U);    // sub, client_id, iss
  EXPECT_EQ(question->targets->stamp, (revocation::Stamp{1, 5}));
  EXPECT_TRUE(Verifier::finish(*question, Answer::kActive).accepted());
  EXPECT_FALSE(Verifier::finish(*question, Answer::kActive).stale());
  EXPECT_EQ(Verifier::finish(*question, Answer::kInactive).reason(), Reason::kRevoked);
  EXPECT_EQ(Verifier::finish(*question, Answer::kSignedOut).reason(), Reason::kSignedOut);
  EXPECT_EQ(Verifier::finish(*question, Answer::kCompromised).reason(), Reason::kCompromised);
  EXPECT_EQ(Verifier::finish(*question, Answer::kUnavailable).reason(), Reason::kStale);

  // Nobody vouches for what would be asked.
  EXPECT_EQ(reason_of(with(OnStale::kRefuse, later)), Reason::kStale);
  EXPECT_TRUE(std::holds_alternative<Pending>(with(OnStale::kIntrospect, later)));
  EXPECT_EQ(asked(with(OnStale::kIntrospect, later)), nullptr);
  const Outcome stale = with(OnStale::kAccept, later);
  const Pending* doubtful = asked(stale);
  ASSERT_NE(doubtful, nullptr);
  EXPECT_TRUE(Verifier::finish(*doubtful, Answer::kActive).stale());
  EXPECT_EQ(Verifier::finish(*doubtful, Answer::kInactive).reason(), Reason::kRevoked);
  EXPECT_TRUE(Verifier::finish(*doubtful, Answer::kUnavailable).stale());
}

TEST(Verifier, IsBehindAPositionThatItsCallerKnowsOf) {
  TestWorld world;
  world.state.position = {7, 10};
  world.index->set_state(world.state);
  const auto verifier = world.verifier();
  const auto with = [&](revocation::Position wanted) {
    return verifier->check(world.token(), world.now, {}, wanted);
  };
  const auto is_behind = [](const Outcome& outcome) {
    const auto* pending = std::get_if<Pending>(&outcome);
    return pending != nullptr && pending->behind && pending->claims != nullptr;
  };
  EXPECT_TRUE(accepted(with({7, 10})));
  EXPECT_TRUE(accepted(with({6, 99})));
  EXPECT_TRUE(is_behind(with({7, 11})));
  EXPECT_TRUE(is_behind(with({8, 1})));
  EXPECT_EQ(reason_of(verifier->decide_behind(std::get<Pending>(with({8, 1})))), Reason::kStale);
  EXPECT_EQ(verifier->indexes().front()->state().position, (revocation::Position{7, 10}));
  world.revoke("sid", "s-1");
  EXPECT_EQ(reason_of(with({7, 11})), Reason::kRevoked) << "what is known needs no wait";
}

TEST(Verifier, IsFreshUpToTheBoundAndStaleOneStepPast) {
  TestWorld world;
  Options options;
  options.max_staleness = Milliseconds(5000);
  const auto verifier = world.verifier(options);
  const auto after = [&](Milliseconds by) {
    return Now{.wall = world.now.wall + by, .boot = world.now.boot + by};
  };
  // The estimate of the authority's clock falls by 200 ppm: 1 ms in 5 s.
  EXPECT_TRUE(verifier->fresh(after(Milliseconds(5000))));
  EXPECT_FALSE(verifier->fresh(after(Milliseconds(5010))));
}

TEST(Verifier, NobodyVouchesForAnIssuerThatTheRulesDoNotName) {
  TestWorld world;
  const auto verifier = world.verifier();
  ASSERT_TRUE(accepted(verifier->check(world.token(), world.now)));
  world.index->set_rules(std::make_shared<revocation::Rules>());
  EXPECT_EQ(reason_of(verifier->check(world.token(), world.now)), Reason::kStale);
}

TEST(Verifier, NewRulesReachTokensThatItHasSeenBefore) {
  TestWorld world;
  const auto verifier = world.verifier();
  const std::string token = world.token(R"(,"region":["eu","us"])");
  ASSERT_TRUE(accepted(verifier->check(token, world.now)));
  revocation::Rules rules = *world.index->rules();
  rules.issuers[0].revocable_claims.emplace_back("region");
  world.index->set_rules(std::make_shared<revocation::Rules>(rules));
  world.revoke("region", "us", revocation::Stamp{1, 6});
  EXPECT_EQ(reason_of(verifier->check(token, world.now)), Reason::kRevoked);
}

TEST(Verifier, KeysThatAreGoneNoLongerVerifyWhatWasSeenUnderThem) {
  TestWorld world;
  const auto verifier = world.verifier();
  const std::string token = world.token();
  ASSERT_TRUE(accepted(verifier->check(token, world.now)));
  TrustedIssuer with_another_key = world.trusted();
  auto parsed =
      jwt::KeySet::parse("{\"keys\":[" + world.other_key.public_key().public_jwk() + "]}");
  with_another_key.keys = std::make_shared<jwt::KeySet>(std::move(parsed->keys));
  verifier->set_issuers(std::make_shared<TrustedIssuers>(std::vector{with_another_key}));
  EXPECT_EQ(reason_of(verifier->check(token, world.now)), Reason::kUnknownKey);
}

TEST(Verifier, CannotDecideOnAnIssuerWithoutAnyKey) {
  TestWorld world;
  const auto verifier = world.verifier();
  TrustedIssuer without_keys = world.trusted();
  without_keys.keys = std::make_shared<jwt::KeySet>();
  verifier->set_issuers(std::make_shared<TrustedIssuers>(std::vector{without_keys}));
  EXPECT_EQ(reason_of(verifier->check(world.token(), world.now)), Reason::kStale);
}

TEST(Verifier, AsksTheNewRegionAfterItsAgentHasStartedAnew) {
  TestWorld before;
  TestWorld after;
  // The same version, the same generation of rules; what is revoked is not the same.
  before.revoke("jti", "another");
  after.revoke("jti", "j-1");
  const auto verifier = before.verifier();
  const std::string token = before.token();
  ASSERT_TRUE(accepted(verifier->check(token, before.now)));
  ASSERT_EQ(revocation::Index::Reader(*before.index).version(),
            revocation::Index::Reader(*after.index).version());
  verifier->set_index(after.index->view());
  EXPECT_EQ(reason_of(verifier->check(token, before.now)), Reason::kRevoked);
  EXPECT_EQ(verifier->counters().signatures, 1U);
  verifier->set_index(before.index->view());
  EXPECT_TRUE(accepted(verifier->check(token, before.now)));
}

TEST(Verifier, TakesTheRulesOfTheNewRegion) {
  TestWorld before;
  TestWorld after;
  revocation::Rules rules = *after.index->rules();
  rules.issuers[0].revocable_claims = {"region"};
  after.index = *revocation::Index::create(after.random, {});
  after.index->set_rules(std::make_shared<revocation::Rules>(rules));
  after.hear(after.now);
  after.revoke("region", "us", revocation::Stamp{1, 6});
  const auto verifier = before.verifier();
  const std::string token = before.token(R"(,"region":"us")");
  ASSERT_TRUE(accepted(verifier->check(token, before.now)));
  verifier->set_index(after.index->view());
  EXPECT_EQ(reason_of(verifier->check(token, before.now)), Reason::kRevoked);
  EXPECT_EQ(verifier->counters().signatures, 1U);
}

TEST(Verifier, WorksWithoutACache) {
  TestWorld world;
  Options options;
  options.cached_tokens = 0;
  const auto verifier = world.verifier(options);
  const std::string token = world.token();
  EXPECT_TRUE(accepted(verifier->check(token, world.now)));
  EXPECT_TRUE(accepted(verifier->check(token, world.now)));
  EXPECT_EQ(verifier->counters().signatures, 2U);
  world.revoke("jti", "j-1");
  EXPECT_EQ(reason_of(verifier->check(token, world.now)), Reason::kRevoked);
}

}  // namespace
}  // namespace rescind::verifier

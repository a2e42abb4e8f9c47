// What a revocation hits, from the rule in the feed to the refusal of a token that was accepted,
// and remembered, before; and docs/vectors/keys.json through the whole verifier.

#include <gtest/gtest.h>

#include <set>

#include "jwt/base64url.h"
#include "vectors.h"
#include "world.h"

namespace rescind::conformance {
namespace {

using jwt::SigningKey;
using revocation::Target;

constexpr const char* kIssuer = "https://auth.example";
constexpr const char* kCorporate = "https://accounts.example/realms/shop";

SigningKey new_key() { return *SigningKey::generate(jwt::Algorithm::kEs256); }

class RevocableClaims : public ::testing::Test {
 protected:
  RevocableClaims() {
    world.trust(kIssuer, key);
    world.trust(kCorporate, corporate_key);
    world.declare({rules_of(kIssuer, {"sid"}, {}), rules_of(kCorporate, {"session_id"}, {})});
  }
  std::string token(const std::string& claims, const char* issuer = kIssuer) const {
    std::string payload = claims;
    payload.insert(1, "\"iss\":\"" + std::string(issuer) + "\"" + (claims == "{}" ? "" : ","));
    return sign_compact(issuer == kIssuer ? key : corporate_key, "at+jwt",
                        complete_payload(std::move(payload)));
  }
  void accept_twice(const std::vector<std::string>& tokens) {
    for (const std::string& one : tokens) {
      const auto before = world.verifier().counters().cached;
      EXPECT_EQ(world.refusal(one), std::nullopt) << one;
      EXPECT_EQ(world.refusal(one), std::nullopt) << one;
      EXPECT_GE(world.verifier().counters().cached, before + 1) << "it is remembered";
    }
  }

  SigningKey key = new_key();
  SigningKey corporate_key = new_key();
  World world;
};

TEST_F(RevocableClaims, ARuleHitsTokensThatWereRememberedBeforeItCame) {
  const std::vector<std::string> acme = {token(R"({"tenant":"acme"})"),
                                         token(R"({"tenant":["x","acme"]})"),
                                         token(R"({"tenant":"\u0061cme"})")};
  const std::vector<std::string> others = {token(R"({"tenant":"acme2"})"),
                                           token(R"({"tenant":"Acme"})"), token(R"({"tenant":{}})"),
                                           token("{}"), token(R"({"tenant":"acme"})", kCorporate)};
  accept_twice(acme);
  accept_twice(others);
  world.declare({rules_of(kIssuer, {"sid"}, {"tenant"}), rules_of(kCorporate, {"session_id"}, {})});
  accept_twice(acme);
  world.revoke(Target{kIssuer, "tenant", "acme"});
  for (const std::string& one : acme) EXPECT_EQ(world.refusal(one), Reason::kRevoked) << one;
  accept_twice(others);
}

TEST_F(RevocableClaims, ARevocationThatCameBeforeItsRuleHitsOnceTheRuleIsThere) {
  const std::string acme = token(R"({"tenant":"acme"})");
  const std::string other = token(R"({"tenant":"north"})");
  accept_twice({acme, other});
  world.revoke(Target{kIssuer, "tenant", "acme"});
  EXPECT_EQ(world.refusal(acme), std::nullopt);
  world.declare({rules_of(kIssuer, {"sid"}, {"tenant"})});
  EXPECT_EQ(world.refusal(acme), Reason::kRevoked);
  EXPECT_EQ(world.refusal(other), std::nullopt);
}

TEST_F(RevocableClaims, AForeignSessionIsASessionWhateverItsClaimIsCalled) {
  const std::string mine = token(R"({"session_id":"s-1"})", kCorporate);
  const std::string other = token(R"({"session_id":"s-2"})", kCorporate);
  const std::string ours = token(R"({"sid":"s-1"})");
  accept_twice({mine, other, ours});
  world.revoke(Target{kCorporate, "sid", "s-1"}, revocation::Reason::kSignedOut);
  EXPECT_EQ(world.refusal(mine), Reason::kSignedOut);
  accept_twice({other, ours});
}

TEST_F(RevocableClaims, AKeysRevocationHitsTokensThatNameNoKey) {
  // A provider whose key has no `kid`: it is called by its thumbprint (RFC 7638).
  const SigningKey nameless = new_key();
  std::string jwk(nameless.public_key().public_jwk());
  const std::string kid = "\"kid\":\"" + std::string(nameless.key_id()) + "\",";
  ASSERT_NE(jwk.find(kid), std::string::npos);
  jwk.erase(jwk.find(kid), kid.size());
  world.trust(kCorporate, "{\"keys\":[" + jwk + "]}", {jwt::Algorithm::kEs256});
  const auto unnamed = [](const SigningKey& signer, const std::string& claims) {
    const std::string input = jwt::base64url_encode(R"({"alg":"ES256","typ":"at+jwt"})") + "." +
                              jwt::base64url_encode(complete_payload(claims));
    return input + "." + jwt::base64url_encode(signer.sign(input));
  };
  const std::string foreign = unnamed(nameless, "{\"iss\":\"" + std::string(kCorporate) + "\"}");
  // One whose key has a `kid`, and whose tokens do not say so.
  const std::string silent = unnamed(key, "{\"iss\":\"" + std::string(kIssuer) + "\"}");
  const std::string named = token("{}");
  accept_twice({foreign, silent, named});

  world.revoke(Target{kCorporate, "kid", std::string(nameless.public_key().thumbprint())},
               revocation::Reason::kCompromised);
  EXPECT_EQ(world.refusal(foreign), Reason::kCompromised);
  accept_twice({silent, named});
  world.revoke(Target{kIssuer, "kid", std::string(key.key_id())});
  EXPECT_EQ(world.refusal(silent), Reason::kRevoked);
  EXPECT_EQ(world.refusal(named), Reason::kRevoked);
}

TEST_F(RevocableClaims, ApiKeysAreOfAnIssuerOfTheirOwn) {
  const std::string issuer = std::string(kIssuer) + "/api-keys";
  world.trust(issuer, key, {"api-key+jwt"});
  world.declare({rules_of(kIssuer, {"sid"}, {}), rules_of(issuer, {}, {"platform"})});
  const std::string claims =
      complete_payload("{\"iss\":\"" + issuer + R"(","client_id":"c-1","platform":"web"})");
  const std::string api_key = sign_compact(key, "api-key+jwt", claims);
  const std::string access = token(R"({"client_id":"c-1"})");
  accept_twice({api_key, access});
  EXPECT_EQ(world.refusal(sign_compact(key, "at+jwt", claims)), Reason::kType);
  EXPECT_EQ(world.refusal(sign_compact(key, "api-key+jwt",
                                       complete_payload(R"({"iss":"https://auth.example"})"))),
            Reason::kType);

  world.revoke(Target{kIssuer, "client_id", "c-1"});
  EXPECT_EQ(world.refusal(access), Reason::kRevoked);
  EXPECT_EQ(world.refusal(api_key), std::nullopt);
  world.revoke(Target{issuer, "client_id", "c-1"});
  EXPECT_EQ(world.refusal(api_key), Reason::kRevoked);
}

// --- docs/vectors/keys.json

revocation::Key key_in(json::Value one) {
  const std::string bytes = hex_bytes(one, "key");
  const auto word = [&](std::size_t offset) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      value = value << 8U | static_cast<std::uint8_t>(bytes[offset + i]);
    }
    return value;
  };
  return {.high = word(0), .low = word(8)};
}

// A token's claims: the case's own, or made of its target where that is possible.
std::optional<std::string> claims_in(json::Value one) {
  if (const auto payload = one.find("payload")) return std::string(*payload->string());
  if (const auto token = one.find("token")) return to_json(*token);
  const std::string claim = text(one, "claim");
  const json::Value value = member(one, "value");
  if (claim == "kid" || (claim == "sub" && !value.is_string())) return std::nullopt;
  json::Writer writer;
  writer.object().member("iss", text(one, "iss"));
  if (claim != "iss") writer.name(claim).raw(to_json(value));
  return writer.end().take();
}

class Vectors : public ::testing::Test {
 protected:
  // Rules under which each claim of the vectors is revocable.
  void prepare(World& world, json::Value one) const {
    const std::string issuer = text(one, "iss");
    const std::string claim = text(one, "claim");
    std::vector<std::string> sessions = {"sid"};
    std::vector<std::string> declared = {"account", "groups", "tenant"};
    if (const auto name = one.find("token_claim")) sessions.emplace_back(*name->string());
    const std::set<std::string> known = {"jti", "sid",     "sub",    "client_id",
                                         "iss", "account", "groups", "tenant"};
    if (!known.contains(claim)) declared.push_back(claim);
    std::vector<revocation::IssuerRules> rules = {rules_of(issuer, sessions, declared)};
    world.trust(issuer, key);
    if (const std::string other = issuer + "/";
        claims_in(one)->find(other + "\"") != std::string::npos) {
      world.trust(other, key);
      rules.push_back(rules_of(other, sessions, declared));
    }
    world.declare(std::move(rules));
  }
  std::string token(json::Value one) const {
    return sign_compact(key, "at+jwt", complete_payload(*claims_in(one)));
  }

  SigningKey key = new_key();
  Document file{std::filesystem::path(RESCIND_SOURCE_DIR) / "docs/vectors/keys.json"};
};

TEST_F(Vectors, EachRevocableValueIsHitByItsKey) {
  Tally tally("docs/vectors/keys.json, revocable");
  std::int64_t number = 0;
  for (auto one = member(file.root(), "cases").first(); one; one = one->next()) {
    if (!claims_in(*one)) continue;
    World world;
    prepare(world, *one);
    const std::string subject = token(*one);
    EXPECT_EQ(world.refusal(subject), std::nullopt) << text(*one, "note");
    world.revoke(key_in(*one), revocation::has_cut(text(*one, "claim")));
    const bool hit = world.refusal(subject) == Reason::kRevoked;
    tally.count(++number, false, !hit);
    EXPECT_TRUE(hit) << text(*one, "note");
  }
  EXPECT_GE(tally.agree(), 34);
}

TEST_F(Vectors, NoOtherValueIsHit) {
  Tally tally("docs/vectors/keys.json, not revocable");
  std::int64_t number = 0;
  for (auto one = member(file.root(), "not_revocable").first(); one; one = one->next()) {
    World world;
    prepare(world, *one);
    const std::string subject = token(*one);
    EXPECT_EQ(world.refusal(subject), std::nullopt) << text(*one, "note");
    world.revoke(key_in(*one), revocation::has_cut(text(*one, "claim")));
    const bool passes = world.refusal(subject) == std::nullopt;
    tally.count(++number, true, passes);
    EXPECT_TRUE(passes) << text(*one, "note");
  }
  EXPECT_EQ(tally.agree(), 20);
}

// Out of range: nobody can even ask for it.
TEST_F(Vectors, TheKeysOfWhatIsOutOfRangeCannotBeRevoked) {
  for (const std::int64_t beyond : {revocation::kMaxInteger + 1, -revocation::kMaxInteger - 1}) {
    EXPECT_FALSE(revocation::check(Target{kIssuer, "account", beyond}).has_value());
    EXPECT_TRUE(revocation::check(Target{kIssuer, "account", beyond < 0 ? beyond + 1 : beyond - 1})
                    .has_value());
  }
}

}  // namespace
}  // namespace rescind::conformance

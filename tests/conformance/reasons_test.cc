// Every reason for a refusal is reached, and beside every bad token stands its good twin: the same
// but for what the reason is about. Whoever refuses everything fails here, and so does a reason
// that nothing reaches any more.

#include <gtest/gtest.h>

#include <map>

#include "gateway/answer.h"
#include "gateway/request.h"
#include "jwt/base64url.h"
#include "world.h"

namespace rescind::conformance {
namespace {

using jwt::base64url_encode;
using jwt::SigningKey;

constexpr const char* kIssuer = "https://auth.example";

struct Parts {
  std::string header = R"({"alg":"ES256","typ":"at+jwt"})";
  std::string claims = complete_payload(R"({"iss":"https://auth.example","sid":"s-1"})");
};

class Reasons : public ::testing::Test {
 protected:
  Reasons() {
    world.trust(kIssuer, key);
    world.declare({rules_of(kIssuer, {"sid"}, {})});
  }
  std::string sign(const Parts& parts) const { return sign_with(key, parts); }
  static std::string sign_with(const SigningKey& signer, const Parts& parts) {
    const std::string input = base64url_encode(parts.header) + "." + base64url_encode(parts.claims);
    return input + "." + base64url_encode(signer.sign(input));
  }
  static Parts header(std::string text) { return {.header = std::move(text)}; }
  static Parts claims(const std::string& text) {
    return {.claims = complete_payload(R"({"iss":"https://auth.example",)" + text + "}")};
  }
  static Parts padded_to(std::size_t payload_bytes) {
    Parts parts;
    parts.claims.insert(parts.claims.size() - 1, payload_bytes - parts.claims.size(), ' ');
    return parts;
  }
  void expect(Reason reason, const std::string& bad, const std::string& good) {
    EXPECT_EQ(world.refusal(bad), reason) << bad;
    EXPECT_EQ(world.refusal(good), std::nullopt) << "twin of " << to_string(reason);
    ++reached_[reason];
  }

  SigningKey key = *SigningKey::generate(jwt::Algorithm::kEs256);
  SigningKey stranger = *SigningKey::generate(jwt::Algorithm::kEs256);
  World world{{.leeway = std::chrono::seconds(0)}};
  std::map<Reason, int> reached_;
};

// A switch without default: a new reason does not compile until it has a place here.
bool is_of_the_gateway(Reason reason) {
  switch (reason) {
    case Reason::kMissing:
    case Reason::kScope:
      return true;
    case Reason::kTooLarge:
    case Reason::kMalformed:
    case Reason::kJson:
    case Reason::kHeader:
    case Reason::kCrit:
    case Reason::kAlgorithm:
    case Reason::kType:
    case Reason::kIssuer:
    case Reason::kClaim:
    case Reason::kExpired:
    case Reason::kNotYetValid:
    case Reason::kAudience:
    case Reason::kUnknownKey:
    case Reason::kSignature:
    case Reason::kSignedOut:
    case Reason::kRevoked:
    case Reason::kCompromised:
    case Reason::kStale:
      return false;
  }
  return false;
}

TEST_F(Reasons, EachIsReachedAndItsTwinIsAccepted) {
  const std::string good = sign({});
  // What is wrong with the bytes.
  const std::string at_limit = sign(padded_to(6048));
  ASSERT_EQ(at_limit.size(), jwt::kMaxTokenBytes);
  expect(Reason::kTooLarge, sign(padded_to(6049)), at_limit);
  expect(Reason::kMalformed, good + ".", good);
  expect(Reason::kMalformed, good + "=", good);
  expect(Reason::kMalformed, " " + good, good);
  expect(Reason::kMalformed, "", good);
  Parts twice = claims(R"("sub":"a")");
  twice.claims.insert(1, R"("s\u0075b":"b",)");
  expect(Reason::kJson, sign(twice), sign(claims(R"("sub":"a")")));
  expect(Reason::kJson, sign(header(R"({"alg":"ES256","typ":"at+jwt",})")), good);
  // What the header says.
  for (const char* name : {"jwk", "jku", "x5u", "x5c", "b64", "zip"}) {
    expect(Reason::kHeader,
           sign(header(R"({"alg":"ES256","typ":"at+jwt",")" + std::string(name) + R"(":"x"})")),
           sign(header(R"({"alg":"ES256","typ":"at+jwt","x":"x"})")));
  }
  expect(Reason::kCrit, sign(header(R"({"alg":"ES256","typ":"at+jwt","crit":["exp"],"exp":1})")),
         sign(header(R"({"alg":"ES256","typ":"at+jwt","exp":1})")));
  expect(Reason::kAlgorithm, sign(header(R"({"alg":"none","typ":"at+jwt"})")), good);
  expect(Reason::kAlgorithm, sign(header(R"({"alg":"HS256","typ":"at+jwt"})")), good);
  expect(Reason::kAlgorithm, sign(header(R"({"alg":"RS256","typ":"at+jwt"})")), good);
  expect(Reason::kType, sign(header(R"({"alg":"ES256","typ":"JWT"})")),
         sign(header(R"({"alg":"ES256","typ":"application/AT+JWT"})")));
  expect(Reason::kType, sign(header(R"({"alg":"ES256"})")), good);
  expect(
      Reason::kUnknownKey, sign(header(R"({"alg":"ES256","typ":"at+jwt","kid":"x"})")),
      sign(header(R"({"alg":"ES256","typ":"at+jwt","kid":")" + std::string(key.key_id()) + "\"}")));
  // What the claims say.
  expect(Reason::kIssuer, sign({.claims = complete_payload(R"({"iss":"https://auth.example/"})")}),
         good);
  expect(Reason::kClaim, sign(claims(R"("exp":"1800000100")")),
         sign(claims(R"("exp":1800000100)")));
  expect(Reason::kClaim, sign(claims(R"("exp":1800090000)")), sign(claims(R"("exp":1800086000)")));
  expect(Reason::kClaim, sign(claims(R"("jti":"")")), sign(claims(R"("jti":"j")")));
  expect(Reason::kExpired, sign(claims(R"("exp":1800000000)")),
         sign(claims(R"("exp":1800000001)")));
  expect(Reason::kNotYetValid, sign(claims(R"("nbf":1800000001)")),
         sign(claims(R"("nbf":1800000000)")));
  expect(Reason::kNotYetValid, sign(claims(R"("iat":1800000001)")),
         sign(claims(R"("iat":1800000000)")));
  expect(Reason::kAudience, sign(claims(R"("aud":["order","Orders"])")),
         sign(claims(R"("aud":["other","orders"])")));
  expect(Reason::kSignature, sign_with(stranger, {}), good);
  // What has been revoked, and what nobody can vouch for.
  const std::string other = sign(claims(R"("sid":"other")"));
  const struct {
    revocation::Reason why;
    Reason told;
  } revocations[] = {{revocation::Reason::kSignedOut, Reason::kSignedOut},
                     {revocation::Reason::kRevoked, Reason::kRevoked},
                     {revocation::Reason::kCompromised, Reason::kCompromised}};
  for (const auto& [why, told] : revocations) {
    const std::string session(to_string(told));
    world.revoke({kIssuer, "sid", session}, why);
    expect(told, sign(claims(R"("sid":")" + session + "\"")), other);
  }
  const std::string lasting = sign(claims(R"("exp":1800001000)"));
  world.now.wall += std::chrono::seconds(31);
  world.now.boot += std::chrono::seconds(31);
  EXPECT_EQ(world.refusal(lasting), Reason::kStale);
  world.hear();
  EXPECT_EQ(world.refusal(lasting), std::nullopt);
  ++reached_[Reason::kStale];

  // kScope is the last of them.
  for (int i = 0; i <= static_cast<int>(Reason::kScope); ++i) {
    const auto reason = static_cast<Reason>(i);
    EXPECT_EQ(reached_.contains(reason), !is_of_the_gateway(reason)) << to_string(reason);
  }
}

// The two that no token decides.
TEST_F(Reasons, TheGatewaysOwnAreToldAndTheirTwinsPass) {
  const gateway::IdentityHeaders identity;
  const auto reason_in = [](const gateway::HttpAnswer& answer) {
    for (const auto& [name, value] : answer.headers) {
      if (name == "X-Rescind-Reason") return value;
    }
    return std::string();
  };
  const auto missing = gateway::find_token({});
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(reason_in(gateway::answer(missing.error(), identity, {})), to_string(Reason::kMissing));
  const std::string header = "Bearer " + sign({});
  const std::string_view present[] = {header};
  const auto token = gateway::find_token(present);
  ASSERT_TRUE(token.has_value());
  const Decision accepted = world.check(*token);
  EXPECT_EQ(gateway::answer(accepted, identity, Milliseconds(0), {}).status, 200);
  EXPECT_EQ(
      reason_in(gateway::answer(Decision::refuse(Reason::kScope), identity, Milliseconds(0), {})),
      to_string(Reason::kScope));
}

}  // namespace
}  // namespace rescind::conformance

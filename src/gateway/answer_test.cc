#include "gateway/answer.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace rescind::gateway {
namespace {

std::string header(const HttpAnswer& answer, std::string_view name) {
  std::string found = "(none)";
  int count = 0;
  for (const auto& [key, value] : answer.headers) {
    if (key == name) {
      found = value;
      ++count;
    }
  }
  EXPECT_LE(count, 1) << name;
  return found;
}

TEST(Answer, AnAcceptedTokenIsA200WithItsIdentity) {
  auto claims = std::make_shared<Claims>();
  claims->subject = "u1";
  const HttpAnswer made = answer(Decision::accept(claims), IdentityHeaders(), Milliseconds(12), {});
  EXPECT_EQ(made.status, 200);
  EXPECT_EQ(header(made, "X-User-Id"), "u1");
  EXPECT_EQ(header(made, "X-User-Email"), "");
  EXPECT_EQ(header(made, "X-Rescind-Decision"), "accept");
  EXPECT_EQ(header(made, "X-Rescind-Lag-Ms"), "12");
  EXPECT_EQ(header(made, "Cache-Control"), "no-store");
  EXPECT_EQ(made.body, "");
}

TEST(Answer, ARefusalHasAChallengeEmptyIdentityAndNoMoreThanTheClientMayKnow) {
  struct Case {
    Reason reason;
    int status;
    std::string challenge;
  };
  const std::string invalid =
      "Bearer error=\"invalid_token\", error_description=\"the access token is not valid\"";
  for (const Case& c : std::vector<Case>{
           {Reason::kSignedOut, 401,
            "Bearer error=\"invalid_token\", error_description=\"signed out\""},
           {Reason::kRevoked, 401, "Bearer error=\"invalid_token\", error_description=\"revoked\""},
           {Reason::kCompromised, 401,
            "Bearer error=\"invalid_token\", error_description=\"revoked\""},
           {Reason::kSignature, 401, invalid},
           {Reason::kUnknownKey, 401, invalid},
           {Reason::kScope, 403,
            "Bearer error=\"insufficient_scope\", error_description=\"the token's scope does not "
            "suffice\""}}) {
    const HttpAnswer made = answer(Decision::refuse(c.reason), IdentityHeaders(), std::nullopt, {});
    EXPECT_EQ(made.status, c.status);
    EXPECT_EQ(header(made, "WWW-Authenticate"), c.challenge);
    EXPECT_EQ(header(made, "X-User-Id"), "");
    EXPECT_EQ(header(made, "X-Rescind-Reason"), to_string(c.reason));
    EXPECT_EQ(header(made, "X-Rescind-Lag-Ms"), "(none)");
  }
}

TEST(Answer, CannotDecideIsNeverASilentYes) {
  const Decision stale = Decision::refuse(Reason::kStale);
  const HttpAnswer plain = answer(stale, IdentityHeaders(), Milliseconds(40'000), {});
  EXPECT_EQ(plain.status, 503);
  EXPECT_EQ(header(plain, "Retry-After"), "1");
  EXPECT_EQ(header(plain, "X-Rescind-Decision"), "stale");
  EXPECT_EQ(header(plain, "WWW-Authenticate"), "(none)");
  const HttpAnswer for_nginx =
      answer(stale, IdentityHeaders(), std::nullopt, {.undecided_status = 403});
  EXPECT_EQ(for_nginx.status, 403);
  EXPECT_EQ(header(for_nginx, "X-Rescind-Reason"), "stale");
}

TEST(Answer, ARequestWithoutOneTokenIsToldWhatIsMissing) {
  const IdentityHeaders identity;
  EXPECT_EQ(answer(TokenProblem::kMissing, identity, {}).status, 401);
  EXPECT_EQ(header(answer(TokenProblem::kMissing, identity, {}), "WWW-Authenticate"), "Bearer");
  EXPECT_EQ(answer(TokenProblem::kOther, identity, {}).status, 401);
  EXPECT_EQ(answer(TokenProblem::kAmbiguous, identity, {}).status, 400);
  EXPECT_EQ(answer(TokenProblem::kAmbiguous, identity, {.bad_request_status = 401}).status, 401);
  EXPECT_EQ(header(answer(TokenProblem::kMissing, identity, {}), "X-User-Id"), "");
  EXPECT_EQ(answer_connection_abuse(identity, {}).status, 400);
}

}  // namespace
}  // namespace rescind::gateway

#include "authority/sign_in.h"

#include <gmock/gmock.h>

#include "authority/authority_for_test.h"
#include "jwt/base64url.h"
#include "jwt/jws.h"

namespace rescind::authority {
namespace {

using testing::HasSubstr;

class SignInTest : public AuthorityTest {
 protected:
  void SetUp() override { start(); }
};

std::string part_of(const std::string& token, std::string_view jwt::CompactParts::* part) {
  const auto parts = jwt::split_compact(token);
  return parts ? jwt::base64url_decode((*parts).*part).value_or("") : "";
}

TEST_F(SignInTest, AnswersAnAccessTokenOfRfc9068AndARefreshToken) {
  const std::string id = add_account("ann");
  const Answer answer = login_answer("ann");
  ASSERT_EQ(answer.status(), 200) << answer.body();
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
  EXPECT_EQ(answer.text("token_type"), "Bearer");
  EXPECT_EQ(answer.json().find("expires_in")->integer(), 900);
  EXPECT_EQ(answer.json().find("refresh_expires_in")->integer(), 30 * 86'400);
  EXPECT_EQ(answer.text("subject"), id);
  EXPECT_THAT(answer.text("refresh_token"), testing::StartsWith("rsr_"));

  const std::string token = answer.text("access_token");
  EXPECT_THAT(part_of(token, &jwt::CompactParts::header),
              testing::StartsWith(R"({"alg":"ES256","typ":"at+jwt","kid":")"));
  json::Reader reader;
  const auto payload = reader.parse(part_of(token, &jwt::CompactParts::payload), {});
  ASSERT_TRUE(payload);
  EXPECT_EQ(payload->find("iss")->string(), kIssuer);
  EXPECT_EQ(payload->find("sub")->string(), id);
  EXPECT_EQ(payload->find("aud")->string(), "orders");
  EXPECT_EQ(payload->find("client_id")->string(), "first-party");
  EXPECT_EQ(payload->find("sid")->string(), answer.text("session_id"));
  EXPECT_EQ(payload->find("scope")->string(), "read");
  EXPECT_EQ(payload->find("email")->string(), "x@example.com");
  EXPECT_EQ(payload->find("iat")->integer(), 1'800'000'000);
  EXPECT_EQ(payload->find("exp")->integer(), 1'800'000'900);
  EXPECT_TRUE(revocation::parse_position(*payload->find("fpos")->string()));
  EXPECT_FALSE(payload->find("jti")->string()->empty());
  EXPECT_TRUE(is_active(token));
}

TEST_F(SignInTest, RefusesAWrongPasswordAndAnUnknownUserInTheSameWords) {
  add_account("ann");
  const Answer wrong = login_answer("ann", "wrong horse");
  const Answer unknown = login_answer("bob");
  EXPECT_EQ(wrong.status(), 401);
  EXPECT_EQ(unknown.status(), 401);
  EXPECT_EQ(wrong.body(), unknown.body());
  EXPECT_EQ(login_answer("ann").status(), 200);
  EXPECT_EQ(authority_->counters().logins_refused.value(), 2U);
}

TEST_F(SignInTest, GivesTheScopeAndAudienceThatAreAskedForAndOffered) {
  add_account("ann");
  const Answer answer =
      login_answer("ann", "correct horse", R"(,"scope":"read write","audience":["billing"])");
  ASSERT_EQ(answer.status(), 200) << answer.body();
  EXPECT_EQ(answer.text("scope"), "read write");
  EXPECT_EQ(login_answer("ann", "correct horse", R"(,"scope":"root")").status(), 400);
  EXPECT_EQ(login_answer("ann", "correct horse", R"(,"scope":"rescind.admin")").status(), 400);
  EXPECT_EQ(login_answer("ann", "correct horse", R"(,"audience":"stock")").status(), 400);
}

TEST_F(SignInTest, KnowsAConfidentialClientByItsSecretAlone) {
  add_account("ann");
  const std::string body = R"({"username":"ann","password":"correct horse","client_id":"app"})";
  EXPECT_EQ(post("/v1/login", body).status(), 401);
  EXPECT_EQ(post("/v1/login", body, as("app")).status(), 200);
  EXPECT_EQ(post("/v1/login", body, as("backend")).status(), 400) << "another client's name";
  EXPECT_EQ(post("/v1/login", R"({"username":"ann","password":"correct horse"})", as("resource"))
                .status(),
            403);
}

TEST_F(SignInTest, LosesAgainstDisablingAndEveryRevocationThatItsStampDoesNotKnow) {
  const std::string id = add_account("ann");
  const Tokens before = login("ann");
  ASSERT_EQ(post("/v1/accounts/" + id + "/disable", "", as("admin")).status(), 200);
  EXPECT_EQ(login_answer("ann").status(), 401);
  EXPECT_FALSE(is_active(before.access));
  EXPECT_EQ(refresh(before.refresh).status(), 401);
  ASSERT_EQ(post("/v1/accounts/" + id + "/enable", "", as("admin")).status(), 200);
  EXPECT_EQ(refresh(before.refresh).status(), 401) << "what had ended stays ended";
  EXPECT_TRUE(is_active(login("ann").access));
}

TEST_F(SignInTest, OpensSessionsForUsersWhoLiveElsewhereButNotForAccounts) {
  const Tokens tokens = open_session("user-17", R"(,"email":"u@example.com","scope":"any")");
  EXPECT_TRUE(is_active(tokens.access));
  EXPECT_EQ(tokens.subject, "user-17");
  const std::string id = add_account("root", true);
  EXPECT_EQ(post("/v1/sessions", R"({"subject":")" + id + R"(","client_id":"first-party"})",
                 as("backend"))
                .status(),
            409);
  EXPECT_EQ(post("/v1/sessions", R"({"subject":"u","client_id":"nobody"})", as("backend")).status(),
            400);
  EXPECT_EQ(post("/v1/sessions", R"({"subject":"u","client_id":"first-party"})").status(), 401);
  EXPECT_EQ(
      post("/v1/sessions", R"({"subject":"u","client_id":"first-party"})", as("resource")).status(),
      403);
}

TEST_F(SignInTest, LimitsAttemptsByAccountAndByAddress) {
  stop();
  options.logins_per_account = {.burst = 2, .per_minute = 1};
  options.logins_per_address = {.burst = 5, .per_minute = 1};
  start();
  add_account("ann");
  EXPECT_EQ(login_answer("ann", "wrong horse").status(), 401);
  EXPECT_EQ(login_answer("ann", "wrong horse").status(), 401);
  const Answer limited = login_answer("ann");
  EXPECT_EQ(limited.status(), 429);
  EXPECT_NE(limited.header("Retry-After"), "");
  EXPECT_EQ(login_answer("bob").status(), 401);
  EXPECT_EQ(login_answer("cid").status(), 401);
  EXPECT_EQ(login_answer("dan").status(), 429) << "the address";
  clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(login_answer("ann").status(), 200);
}

TEST_F(SignInTest, SurvivesAFloodOfLogins) {
  stop();
  options.password_queue = 3;
  start();
  add_account("ann");
  std::vector<net::FetchRequest> requests;
  for (int i = 0; i < 100; ++i) {
    requests.push_back(
        json_request(url("/v1/login"), R"({"username":"ann","password":"wrong horse"})"));
  }
  int refused = 0, busy = 0;
  for (const Answer& answer : send_all(std::move(requests))) {
    refused += answer.status() == 401 ? 1 : 0;
    busy += answer.status() == 429 ? 1 : 0;
  }
  EXPECT_EQ(refused + busy, 100);
  EXPECT_GE(refused, 1);
  EXPECT_GE(busy, 1) << "more than the pool's queue holds";
  EXPECT_EQ(login_answer("ann").status(), 200);
}

TEST_F(SignInTest, ChangesNothingForABadRequest) {
  add_account("ann");
  const std::string head_before = head();
  const struct {
    const char* body;
    int status;
  } cases[] = {
      {"", 400},
      {"{", 400},
      {"[]", 400},
      {R"({"username":"ann"})", 400},
      {R"({"username":"ann","password":"correct horse","x":1})", 400},
      {R"({"username":"ann","username":"ann","password":"correct horse"})", 400},
      {R"({"username":1,"password":"correct horse"})", 400},
      {R"({"username":"ann\u0000","password":"correct horse"})", 400},
      {R"({"username":"ann","password":"correct horse","audience":[1]})", 400},
      {R"({"username":"ann","password":"correct horse","scope":"a  b"})", 400},
      {R"({"username":"ann","password":"correct horse","client_id":"nobody"})", 401},
  };
  for (const auto& c : cases) {
    const Answer answer = post("/v1/login", c.body);
    EXPECT_EQ(answer.status(), c.status) << c.body;
    EXPECT_EQ(answer.response().content_type, "application/problem+json") << c.body;
  }
  EXPECT_EQ(post("/v1/login", std::string(20'000, ' ')).status(), 413);
  EXPECT_EQ(get("/v1/login").status(), 405);
  EXPECT_EQ(form("/v1/login", R"({"username":"ann","password":"correct horse"})").status(), 415);
  net::FetchRequest large = json_request(url("/v1/login"), "{}", {{"X", std::string(20'000, 'x')}});
  EXPECT_EQ(send(std::move(large)).status(), 431);
  EXPECT_EQ(head(), head_before);
  EXPECT_EQ(authority_->counters().tokens_issued.value(), 0U);
}

}  // namespace
}  // namespace rescind::authority

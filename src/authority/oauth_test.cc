// /oauth2 and the metadata, over HTTP.

#include <gmock/gmock.h>

#include "authority/authority_for_test.h"
#include "authority/scope.h"
#include "jwt/key.h"

namespace rescind::authority {
namespace {

using testing::HasSubstr;

class OauthTest : public AuthorityTest {
 protected:
  void SetUp() override { start(); }
  Answer revoke(const std::string& token, Headers headers, const std::string& more = "") {
    return form("/oauth2/revoke", net::encode_form({{"token", token}}) + more, std::move(headers));
  }
  Answer introspect(const std::string& token) {
    return form("/oauth2/introspect", net::encode_form({{"token", token}}), as("resource"));
  }
  Tokens session_of_app() {
    return tokens_of(
        post("/v1/sessions", R"({"subject":"u","client_id":"app","scope":"read"})", as("backend")));
  }
};

// D31.
TEST_F(OauthTest, RevokesARefreshTokenWithAllOfItsSession) {
  const Tokens tokens = session_of_app();
  EXPECT_EQ(revoke("rsr_" + std::string(43, 'A'), as("app")).status(), 200) << "unknown";
  EXPECT_EQ(revoke("nonsense", as("app")).status(), 200) << "unknown";

  const Answer foreign = revoke(tokens.refresh, {}, "&client_id=first-party");
  EXPECT_EQ(foreign.status(), 400);
  EXPECT_EQ(foreign.text("error"), "invalid_grant");
  EXPECT_TRUE(is_active(tokens.access)) << "another client's is not revoked";

  const Answer missing = form("/oauth2/revoke", "token_type_hint=access_token", as("app"));
  EXPECT_EQ(missing.status(), 400);
  EXPECT_EQ(missing.text("error"), "invalid_request");

  EXPECT_EQ(revoke(tokens.refresh, as("app"), "&token_type_hint=access_token").status(), 200);
  EXPECT_FALSE(is_active(tokens.access));
  EXPECT_EQ(revoke(tokens.refresh, as("app")).status(), 200) << "twice";
  EXPECT_EQ(revoke(tokens.refresh, {}).status(), 401);
  EXPECT_EQ(revoke(tokens.refresh, {}).text("error"), "invalid_client");
}

TEST_F(OauthTest, RevokesAnAccessTokenAlone) {
  const Tokens tokens = session_of_app();
  EXPECT_EQ(revoke(tokens.access, {}, "&client_id=first-party").status(), 400);
  ASSERT_TRUE(is_active(tokens.access));
  const std::size_t recorded = revocations_recorded();
  EXPECT_EQ(revoke(tokens.access, as("app"), "&token_type_hint=refresh_token").status(), 200);
  EXPECT_FALSE(is_active(tokens.access));
  EXPECT_EQ(revoke(tokens.access, as("app")).status(), 200);
  EXPECT_EQ(revocations_recorded(), recorded + 1);
  const Answer next =
      form("/oauth2/token",
           net::encode_form({{"grant_type", "refresh_token"}, {"refresh_token", tokens.refresh}}),
           as("app"));
  EXPECT_EQ(next.status(), 200) << next.body();
  EXPECT_TRUE(is_active(next.text("access_token")));
}

// D32.
TEST_F(OauthTest, SaysNothingOfAnInactiveTokenButThatItIsInactive) {
  const Tokens tokens = session_of_app();
  const Answer active = introspect(tokens.access);
  EXPECT_EQ(active.truth("active"), true);
  EXPECT_EQ(active.text("sub"), "u");
  EXPECT_EQ(active.text("client_id"), "app");
  EXPECT_EQ(active.text("sid"), tokens.session);
  EXPECT_EQ(active.text("iss"), kIssuer);
  EXPECT_EQ(active.json().find("exp")->integer(), 1'800'000'900);

  const std::string inactive = R"({"active":false})";
  const Tokens revoked = session_of_app();
  ASSERT_EQ(revoke(revoked.refresh, as("app")).status(), 200);
  EXPECT_EQ(introspect(revoked.access).body(), inactive);
  EXPECT_EQ(introspect(tokens.refresh).body(), inactive);
  EXPECT_EQ(introspect("nonsense").body(), inactive);
  EXPECT_EQ(introspect(tokens.access + "A").body(), inactive);
  // A foreign issuer's: well made, not ours.
  EXPECT_EQ(introspect("eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9."
                       "eyJpc3MiOiJodHRwczovL290aGVyLmV4YW1wbGUiLCJqdGkiOiIxIn0.AAAA")
                .body(),
            inactive);
  clock.advance(std::chrono::minutes(16));
  EXPECT_EQ(introspect(tokens.access).body(), inactive) << "expired";

  EXPECT_EQ(form("/oauth2/introspect", "token=x").status(), 401);
  EXPECT_EQ(form("/oauth2/introspect", "token=x", as("app")).status(), 403);
  EXPECT_EQ(form("/oauth2/introspect", "", as("resource")).status(), 400);
}

TEST_F(OauthTest, ReadsItsOwnRevocationsAtOnce) {
  for (int i = 0; i < 100; ++i) {
    const Tokens tokens = open_session("u" + std::to_string(i));
    ASSERT_TRUE(is_active(tokens.access));
    ASSERT_EQ(post("/v1/revocations", R"({"claim":"sid","value":")" + tokens.session + R"("})",
                   as("security"))
                  .status(),
              201);
    ASSERT_FALSE(is_active(tokens.access)) << i;
  }
}

TEST_F(OauthTest, GivesClientsTokensOfTheirOwn) {
  const Answer answer =
      form("/oauth2/token", "grant_type=client_credentials&scope=read", as("app"));
  ASSERT_EQ(answer.status(), 200) << answer.body();
  EXPECT_EQ(answer.text("refresh_token"), "");
  EXPECT_EQ(introspect(answer.text("access_token")).text("sub"), "app");
  EXPECT_EQ(
      form("/oauth2/token", "grant_type=client_credentials&scope=root", as("app")).text("error"),
      "invalid_scope");
  ASSERT_EQ(
      post("/v1/revocations", R"({"claim":"client_id","value":"app"})", as("security")).status(),
      201);
  EXPECT_FALSE(is_active(answer.text("access_token")));
  EXPECT_TRUE(is_active(
      form("/oauth2/token", "grant_type=client_credentials", as("app")).text("access_token")));
}

TEST_F(OauthTest, AnswersErrorsAsRfc6749Says) {
  const Tokens tokens = session_of_app();
  const struct {
    const char* body;
    const char* error;
  } cases[] = {
      {"", "invalid_request"},
      {"grant_type=", "unsupported_grant_type"},
      {"grant_type=authorization_code", "unsupported_grant_type"},
      {"grant_type=password&username=a&password=b", "unsupported_grant_type"},
      {"grant_type=refresh_token", "invalid_request"},
      {"grant_type=refresh_token&refresh_token=x", "invalid_grant"},
      {"grant_type=refresh_token&grant_type=refresh_token", "invalid_request"},
      {"grant_type=client_credentials&scope=a%00", "invalid_request"},
      {"grant_type=client_credentials&scope=a%22", "invalid_scope"},
  };
  for (const auto& c : cases) {
    const Answer answer = form("/oauth2/token", c.body, as("app"));
    EXPECT_EQ(answer.status(), 400) << c.body;
    EXPECT_EQ(answer.text("error"), c.error) << c.body;
    EXPECT_EQ(answer.header("Cache-Control"), "no-store");
  }
  EXPECT_EQ(post("/oauth2/token", "{}", as("app")).text("error"), "invalid_request");
  const Answer unknown = form("/oauth2/token", "grant_type=client_credentials&client_id=x");
  EXPECT_EQ(unknown.status(), 401);
  EXPECT_EQ(unknown.text("error"), "invalid_client");
  EXPECT_THAT(unknown.header("WWW-Authenticate"), HasSubstr("Basic"));
  EXPECT_EQ(
      form("/oauth2/token", "grant_type=client_credentials&client_id=app&client_secret=app-secret")
          .status(),
      200);
  EXPECT_EQ(form("/oauth2/token",
                 "grant_type=client_credentials&client_id=app&client_secret=app-secret", as("app"))
                .text("error"),
            "invalid_request")
      << "two ways";
  EXPECT_TRUE(is_active(tokens.access));
}

// D34: nothing is told of how much of a secret is right; there is one comparison, of digests.
TEST_F(OauthTest, RefusesEverySecretButTheRightOneAlike) {
  const std::string right = "app-secret";
  std::string refused;
  for (std::size_t size = 0; size <= right.size() + 1; ++size) {
    const std::string tried = size <= right.size() ? right.substr(0, size) : right + "x";
    const Answer answer =
        form("/oauth2/token", "grant_type=client_credentials&client_id=app&client_secret=" + tried);
    if (tried == right) {
      EXPECT_EQ(answer.status(), 200);
      continue;
    }
    EXPECT_EQ(answer.status(), 401) << tried;
    if (size == 0) continue;
    if (refused.empty()) refused = answer.body();
    EXPECT_EQ(answer.body(), refused);
  }
  EXPECT_EQ(form("/oauth2/token", "grant_type=client_credentials&client_id=nobody&client_secret=x")
                .body(),
            refused);
}

TEST_F(OauthTest, TakesPasswordsOnlyWhereThatIsAllowed) {
  stop();
  options.password_grant = true;
  start();
  add_account("ann");
  EXPECT_EQ(
      form("/oauth2/token", "grant_type=password&username=ann&password=correct+horse", as("app"))
          .status(),
      200);
  EXPECT_EQ(form("/oauth2/token", "grant_type=password&username=ann&password=wrong", as("app"))
                .text("error"),
            "invalid_grant");
}

TEST_F(OauthTest, PublishesItsMetadataAndKeys) {
  for (const char* path :
       {"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"}) {
    const Answer answer = get(path);
    ASSERT_EQ(answer.status(), 200);
    EXPECT_EQ(answer.text("issuer"), kIssuer);
    EXPECT_EQ(answer.text("jwks_uri"), "https://auth.example/.well-known/jwks.json");
    EXPECT_EQ(answer.text("revocation_endpoint"), "https://auth.example/oauth2/revoke");
    EXPECT_THAT(answer.body(), HasSubstr("RS256"));
  }
  const Answer keys = get("/.well-known/jwks.json");
  EXPECT_EQ(keys.response().content_type, "application/jwk-set+json");
  EXPECT_EQ(keys.header("Cache-Control"), "public, max-age=300");
  const auto set = jwt::KeySet::parse(keys.body());
  ASSERT_TRUE(set);
  EXPECT_EQ(set->keys.keys().size(), 2U) << "the active one and its standby";
  EXPECT_THAT(keys.body(), testing::Not(HasSubstr("\"d\"")));
}

TEST_F(OauthTest, PlacesTheMetadataOfAnIssuerWithAPath) {
  stop();
  std::filesystem::remove(file("store.db"));
  options.issuer = "https://auth.example/tenant";
  start();
  EXPECT_EQ(get("/.well-known/oauth-authorization-server/tenant").text("issuer"),
            "https://auth.example/tenant");
  EXPECT_EQ(get("/tenant/.well-known/openid-configuration").status(), 200);
}

TEST_F(OauthTest, SignsWithTheConfiguredAlgorithm) {
  for (const auto algorithm : {jwt::Algorithm::kRs256, jwt::Algorithm::kEdDsa}) {
    stop();
    options.algorithm = algorithm;
    std::filesystem::remove(file("store.db"));
    std::filesystem::remove(file("store.db-wal"));
    std::filesystem::remove(file("store.db-shm"));
    start();
    const Tokens tokens = open_session("u");
    EXPECT_TRUE(is_active(tokens.access));
    EXPECT_THAT(get("/.well-known/jwks.json").body(),
                HasSubstr(std::string("\"alg\":\"") + std::string(to_string(algorithm))));
  }
}

}  // namespace
}  // namespace rescind::authority

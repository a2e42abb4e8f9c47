// /v1/accounts, /v1/clients and /v1/keys, over HTTP.

#include <gmock/gmock.h>

#include "authority/authority_for_test.h"

namespace rescind::authority {
namespace {

using testing::HasSubstr;
using testing::Not;

class AdminTest : public AuthorityTest {
 protected:
  void SetUp() override { start(); }
  Answer del(const std::string& path, Headers headers) {
    net::FetchRequest request;
    request.method = net::Method::kDelete;
    request.url = url(path);
    request.headers = std::move(headers);
    return send(std::move(request));
  }
};

TEST_F(AdminTest, AddsAndShowsAccounts) {
  const std::string id = add_account("ann");
  const Answer shown = get("/v1/accounts/" + id, as("admin"));
  EXPECT_EQ(shown.text("username"), "ann");
  EXPECT_EQ(shown.truth("disabled"), false);
  EXPECT_THAT(shown.body(), Not(HasSubstr("argon2"))) << "no hash leaves the store";
  EXPECT_EQ(
      post("/v1/accounts", R"({"username":"ann","password":"other horse"})", as("admin")).status(),
      409);
  EXPECT_EQ(get("/v1/accounts?username=ann", as("admin")).json().find("accounts")->size(), 1U);
  EXPECT_EQ(get("/v1/accounts?username=bob", as("admin")).json().find("accounts")->size(), 0U);
  for (int i = 0; i < 3; ++i) add_account("user" + std::to_string(i));
  const Answer page = get("/v1/accounts?limit=3", as("admin"));
  EXPECT_EQ(page.json().find("accounts")->size(), 3U);
  const Answer rest = get("/v1/accounts?limit=3&after=" + page.text("next"), as("admin"));
  EXPECT_EQ(rest.json().find("accounts")->size(), 1U);
  EXPECT_EQ(rest.text("next"), "");
}

TEST_F(AdminTest, NeverLocksTheLastAdministratorOut) {
  const std::string one = add_account("one", true);
  const std::string two = add_account("two", true);
  EXPECT_EQ(post("/v1/accounts/" + one + "/disable", "", as("admin")).status(), 200);
  EXPECT_EQ(post("/v1/accounts/" + one + "/disable", "", as("admin")).status(), 200) << "again";
  const Answer last = post("/v1/accounts/" + two + "/disable", "", as("admin"));
  EXPECT_EQ(last.status(), 409);
  EXPECT_EQ(login_answer("two").status(), 200);
  EXPECT_EQ(post("/v1/accounts/" + one + "/enable", "", as("admin")).status(), 200);
  EXPECT_EQ(post("/v1/accounts/" + two + "/disable", "", as("admin")).status(), 200);
}

TEST_F(AdminTest, EndsSessionsWithANewPassword) {
  const std::string id = add_account("ann");
  const Tokens tokens = login("ann");
  ASSERT_EQ(
      post("/v1/accounts/" + id + "/password", R"({"password":"better battery"})", as("admin"))
          .status(),
      200);
  EXPECT_FALSE(is_active(tokens.access));
  EXPECT_EQ(refresh(tokens.refresh).status(), 401);
  EXPECT_EQ(login_answer("ann").status(), 401);
  EXPECT_EQ(login_answer("ann", "better battery").status(), 200);
}

TEST_F(AdminTest, GivesAClientASecretOnceAndTakesItAway) {
  const Answer made =
      post("/v1/clients", R"({"id":"shop","roles":"introspect login"})", as("admin"));
  ASSERT_EQ(made.status(), 201) << made.body();
  const std::string secret = made.text("secret");
  EXPECT_EQ(made.text("roles"), "login introspect");
  EXPECT_THAT(get("/v1/clients", as("admin")).body(), Not(HasSubstr(secret)));
  const auto token_with = [&](const std::string& tried) {
    return form("/oauth2/token",
                "grant_type=client_credentials&client_id=shop&client_secret=" + tried);
  };
  const std::string token = token_with(secret).text("access_token");
  EXPECT_TRUE(is_active(token));

  const std::string next = post("/v1/clients/shop/rotate", "", as("admin")).text("secret");
  EXPECT_EQ(token_with(secret).status(), 401);
  EXPECT_EQ(token_with(next).status(), 200);
  EXPECT_TRUE(is_active(token));

  EXPECT_EQ(del("/v1/clients/shop", as("admin")).status(), 204);
  EXPECT_FALSE(is_active(token)) << "all that its name stands in";
  EXPECT_EQ(token_with(next).status(), 401);
  EXPECT_EQ(del("/v1/clients/shop", as("admin")).status(), 404);
  EXPECT_EQ(post("/v1/clients", R"({"id":"shop","roles":"login"})", as("admin")).status(), 409)
      << "an id is never given out twice";
  EXPECT_EQ(post("/v1/clients", R"({"id":"admin","roles":"login"})", as("admin")).status(), 409);
  EXPECT_EQ(post("/v1/clients", R"({"id":"x","roles":"root"})", as("admin")).status(), 400);
  EXPECT_EQ(del("/v1/clients/admin", as("admin")).status(), 404) << "configured, not in the store";
}

TEST_F(AdminTest, RefusesWhoeverIsNoAdministrator) {
  const std::string id = add_account("ann");
  const Tokens tokens = login("ann");
  const std::string before = head();
  const Headers others[] = {{}, as("app"), as("security"), bearer(tokens.access)};
  for (const Headers& who : others) {
    const int expected = who.empty() ? 401 : 403;
    EXPECT_EQ(get("/v1/accounts", who).status(), expected);
    EXPECT_EQ(post("/v1/accounts", R"({"username":"x"})", who).status(), expected);
    EXPECT_EQ(post("/v1/accounts/" + id + "/disable", "", who).status(), expected);
    EXPECT_EQ(post("/v1/accounts/" + id + "/password", R"({"password":"12345678"})", who).status(),
              expected);
    EXPECT_EQ(post("/v1/clients", R"({"roles":"admin"})", who).status(), expected);
    EXPECT_EQ(get("/v1/keys", who).status(), expected);
    EXPECT_EQ(post("/v1/keys/rotate", "", who).status(), expected);
  }
  EXPECT_EQ(head(), before);
  EXPECT_EQ(login_answer("ann").status(), 200);
}

TEST_F(AdminTest, RefusesBadRequests) {
  const std::string before = head();
  const char* bodies[] = {"",
                          "{}",
                          R"({"username":""})",
                          R"({"username":"x","password":"short"})",
                          R"({"username":"x","administrator":"yes"})",
                          R"({"username":"x","admin":true})"};
  for (const char* body : bodies) {
    EXPECT_EQ(post("/v1/accounts", body, as("admin")).status(), 400) << body;
  }
  EXPECT_EQ(post("/v1/accounts/nobody/disable", "", as("admin")).status(), 404);
  EXPECT_EQ(get("/v1/accounts/nobody", as("admin")).status(), 404);
  EXPECT_EQ(get("/v1/accounts?limit=-1", as("admin")).status(), 400);
  EXPECT_EQ(del("/v1/accounts", as("admin")).status(), 405);
  EXPECT_EQ(get("/v1/accounts", as("admin")).json().find("accounts")->size(), 0U);
  EXPECT_EQ(head(), before);
}

// D35 in small: tokens of every key are good until they expire, through all rotations.
TEST_F(AdminTest, RotatesKeysWithoutRefusingAToken) {
  std::vector<std::string> tokens;
  for (int i = 0; i < 4; ++i) {
    tokens.push_back(open_session("u").access);
    ASSERT_EQ(post("/v1/keys/rotate", "", as("admin")).status(), 200);
    for (int tries = 0; tries < 100'000; ++tries) {  // until the next standby has been made
      on_loop([this] { authority_->step(clock.now()); });
      if (get("/v1/keys", as("admin")).body().find(R"("state":"next")") != std::string::npos) break;
    }
    for (const std::string& token : tokens) ASSERT_TRUE(is_active(token)) << i;
  }
  EXPECT_EQ(get("/.well-known/jwks.json").json().find("keys")->size(), 6U);
  clock.advance(options.access_ttl + std::chrono::seconds(121));
  for (int tries = 0; tries < 100'000; ++tries) {
    on_loop([this] { authority_->step(clock.now()); });
    if (get("/.well-known/jwks.json").json().find("keys")->size() == 2U) break;
  }
  EXPECT_EQ(get("/.well-known/jwks.json").json().find("keys")->size(), 2U)
      << "old keys are gone after the last exp";
}

TEST_F(AdminTest, RotatesByItselfWhenTheTimeHasCome) {
  const std::string before = get("/v1/keys", as("admin")).body();
  clock.advance(options.rotate_every);
  const Tokens tokens = open_session("u");
  for (int tries = 0; tries < 100'000; ++tries) {
    on_loop([this] { authority_->step(clock.now()); });
    if (get("/v1/keys", as("admin")).body().find("retired") != std::string::npos) break;
  }
  EXPECT_THAT(get("/v1/keys", as("admin")).body(), HasSubstr("retired"));
  EXPECT_TRUE(is_active(tokens.access));
  EXPECT_TRUE(is_active(open_session("u").access));
}

}  // namespace
}  // namespace rescind::authority

#include "authority/sign_out.h"

#include <gmock/gmock.h>

#include "authority/authority_for_test.h"

namespace rescind::authority {
namespace {

class SignOutTest : public AuthorityTest {
 protected:
  void SetUp() override { start(); }
  Answer log_out(const Tokens& tokens, const std::string& scope) {
    return post("/v1/logout", R"({"scope":")" + scope + R"("})", bearer(tokens.access));
  }
};

TEST_F(SignOutTest, EndsOneSessionAndNoOther) {
  const Tokens one = open_session("u");
  const Tokens other = open_session("u");
  const Answer answer = log_out(one, "session");
  ASSERT_EQ(answer.status(), 200) << answer.body();
  EXPECT_TRUE(revocation::parse_position(answer.text("position")));
  EXPECT_FALSE(is_active(one.access));
  EXPECT_EQ(refresh(one.refresh).status(), 401);
  EXPECT_TRUE(is_active(other.access));
  EXPECT_EQ(log_out(one, "session").status(), 401) << "its token is revoked";
}

TEST_F(SignOutTest, EndsAllSessionsOfAUser) {
  const Tokens one = open_session("u");
  const Tokens other = open_session("u");
  const Tokens stranger = open_session("v");
  ASSERT_EQ(log_out(one, "all").status(), 200);
  EXPECT_FALSE(is_active(one.access));
  EXPECT_FALSE(is_active(other.access));
  EXPECT_EQ(refresh(other.refresh).status(), 401);
  EXPECT_TRUE(is_active(stranger.access));
}

TEST_F(SignOutTest, EndsTheOthersAndKeepsItsOwn) {
  const Tokens own = open_session("u");
  const Tokens other = open_session("u");
  const Tokens third = open_session("u");
  ASSERT_EQ(log_out(own, "others").status(), 200);
  EXPECT_TRUE(is_active(own.access));
  EXPECT_EQ(refresh(own.refresh).status(), 200);
  EXPECT_FALSE(is_active(other.access));
  EXPECT_FALSE(is_active(third.access));
}

// In the same millisecond: the clock stands still.
TEST_F(SignOutTest, LetsTheUserSignInAgainAtOnce) {
  add_account("ann");
  for (int i = 0; i < 3; ++i) {
    const Tokens tokens = login("ann");
    ASSERT_EQ(log_out(tokens, "all").status(), 200);
    const Tokens again = login("ann");
    EXPECT_FALSE(is_active(tokens.access));
    EXPECT_TRUE(is_active(again.access));
    EXPECT_EQ(refresh(again.refresh).status(), 200);
  }
}

TEST_F(SignOutTest, TakesARefreshTokenInPlaceOfAnExpiredAccessToken) {
  const Tokens tokens = open_session("u");
  const Tokens other = open_session("u");
  clock.advance(std::chrono::hours(1));
  EXPECT_EQ(log_out(tokens, "session").status(), 401);
  const std::string shown = R"({"refresh_token":")" + tokens.refresh + R"(","scope":"all"})";
  EXPECT_EQ(post("/v1/logout", shown).status(), 200);
  EXPECT_EQ(refresh(other.refresh).status(), 401);
  const Tokens later = open_session("u");
  EXPECT_EQ(post("/v1/logout", shown).status(), 200) << "again, of a session that has ended";
  EXPECT_TRUE(is_active(later.access)) << "it ends nobody else";
}

TEST_F(SignOutTest, ChangesNothingForABadRequest) {
  const Tokens tokens = open_session("u");
  EXPECT_EQ(post("/v1/logout", R"({"scope":"everything"})", bearer(tokens.access)).status(), 400);
  EXPECT_EQ(post("/v1/logout", R"({"scope":"all","x":1})", bearer(tokens.access)).status(), 400);
  EXPECT_EQ(post("/v1/logout", "{}").status(), 401);
  EXPECT_EQ(post("/v1/logout", "{}", bearer(tokens.access + "x")).status(), 401);
  EXPECT_EQ(post("/v1/logout", "{}", bearer(tokens.refresh)).status(), 401);
  EXPECT_EQ(
      post("/v1/logout", "{}", also(bearer(tokens.access), "Authorization", "Bearer x")).status(),
      400);
  const Answer refused = get("/v1/me", bearer("nonsense"));
  EXPECT_EQ(refused.status(), 401);
  EXPECT_THAT(refused.header("WWW-Authenticate"), testing::HasSubstr("error=\"invalid_token\""));
  EXPECT_EQ(get("/v1/me/sessions?limit=0", bearer(tokens.access)).status(), 400);
  EXPECT_TRUE(is_active(tokens.access));
}

}  // namespace
}  // namespace rescind::authority

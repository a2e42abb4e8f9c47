#include "authority/session_list.h"

#include <gmock/gmock.h>

#include "authority/authority_for_test.h"

namespace rescind::authority {
namespace {

class SessionListTest : public AuthorityTest {
 protected:
  void SetUp() override { start(); }
};

TEST_F(SessionListTest, ShowsTheUserWhereItIsSignedIn) {
  const Tokens one = open_session("u", R"(,"address":"192.0.2.1","user_agent":"phone")");
  const Tokens two = open_session("u");
  open_session("v");
  const Answer list = get("/v1/me/sessions", bearer(one.access));
  ASSERT_EQ(list.status(), 200) << list.body();
  EXPECT_EQ(list.json().find("sessions")->size(), 2U);
  EXPECT_THAT(list.body(), testing::AllOf(testing::HasSubstr(R"("user_agent":"phone")"),
                                          testing::HasSubstr(R"("state":"active")"),
                                          testing::HasSubstr(R"("current":true)")));
  net::FetchRequest end;
  end.method = net::Method::kDelete;
  end.url = url("/v1/me/sessions/" + two.session);
  end.headers = bearer(one.access);
  EXPECT_EQ(send(end).status(), 204);
  EXPECT_FALSE(is_active(two.access));
  EXPECT_THAT(get("/v1/me/sessions", bearer(one.access)).body(),
              testing::HasSubstr(R"("state":"signed_out")"));
  end.url = url("/v1/me/sessions/" + open_session("v").session);
  EXPECT_EQ(send(end).status(), 404) << "somebody else's";
  const Answer page = get("/v1/me/sessions?limit=1", bearer(one.access));
  EXPECT_EQ(page.json().find("sessions")->size(), 1U);
  EXPECT_NE(page.text("next"), "");
  EXPECT_EQ(get("/v1/me", bearer(one.access)).text("sub"), "u");
}

TEST_F(SessionListTest, SaysOfEachHowItEnded) {
  const Tokens signed_out = open_session("u");
  ASSERT_EQ(post("/v1/logout", "{}", bearer(signed_out.access)).status(), 200);
  const Tokens reused = open_session("u");
  ASSERT_EQ(refresh(reused.refresh).status(), 200);
  clock.advance(std::chrono::minutes(1));
  ASSERT_EQ(refresh(reused.refresh).status(), 401);
  open_session("u");
  ASSERT_EQ(post("/v1/revocations", R"({"claim":"sub","value":"u"})", as("security")).status(),
            201);
  open_session("u");
  const std::string body = get("/v1/sessions?subject=u", as("admin")).body();
  for (const char* state : {"signed_out", "compromised", "revoked", "active"}) {
    EXPECT_THAT(body, testing::HasSubstr(std::string(R"("state":")") + state + "\""));
  }
  clock.advance(options.refresh_ttl);
  EXPECT_THAT(get("/v1/sessions?subject=u", as("admin")).body(),
              testing::HasSubstr(R"("state":"expired")"));
  EXPECT_EQ(get("/v1/sessions", as("admin")).status(), 400);
  EXPECT_EQ(get("/v1/sessions?subject=u", as("backend")).status(), 403);
  EXPECT_EQ(get("/v1/sessions?subject=u&limit=x", as("admin")).status(), 400);
}

}  // namespace
}  // namespace rescind::authority

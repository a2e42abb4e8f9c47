#include "authority/password_change.h"

#include <gmock/gmock.h>

#include "authority/authority_for_test.h"

namespace rescind::authority {
namespace {

class PasswordChangeTest : public AuthorityTest {
 protected:
  void SetUp() override { start(); }
  Answer change(const Tokens& tokens, const std::string& current, const std::string& next) {
    return post("/v1/password",
                R"({"current_password":")" + current + R"(","new_password":")" + next + R"("})",
                bearer(tokens.access));
  }
};

TEST_F(PasswordChangeTest, EndsEverySessionButGivesTheCallerANewPair) {
  add_account("ann");
  const Tokens own = login("ann");
  const Tokens other = login("ann");
  const Answer answer = change(own, "correct horse", "better battery");
  ASSERT_EQ(answer.status(), 200) << answer.body();
  const Tokens fresh = tokens_of(answer);
  EXPECT_FALSE(is_active(own.access));
  EXPECT_FALSE(is_active(other.access));
  EXPECT_EQ(refresh(own.refresh).status(), 401);
  EXPECT_EQ(refresh(other.refresh).status(), 401);
  EXPECT_TRUE(is_active(fresh.access)) << "minted after the cut";
  EXPECT_EQ(refresh(fresh.refresh).status(), 200);
  EXPECT_NE(fresh.session, own.session);
  EXPECT_EQ(login_answer("ann").status(), 401);
  EXPECT_EQ(login_answer("ann", "better battery").status(), 200);
}

TEST_F(PasswordChangeTest, NeedsTheCurrentPasswordAndAGoodNewOne) {
  add_account("ann");
  const Tokens tokens = login("ann");
  EXPECT_EQ(change(tokens, "wrong horse", "better battery").status(), 403);
  EXPECT_EQ(change(tokens, "correct horse", "short").status(), 400);
  EXPECT_EQ(
      post("/v1/password", R"({"current_password":"a","new_password":"better battery"})").status(),
      401);
  EXPECT_EQ(change(open_session("elsewhere"), "correct horse", "better battery").status(), 409);
  EXPECT_TRUE(is_active(tokens.access));
  EXPECT_EQ(login_answer("ann").status(), 200);
}

// A login that has read the old hash may not outlive the change, however the two are interleaved.
TEST_F(PasswordChangeTest, WinsEveryRaceAgainstALoginWithTheOldPassword) {
  stop();
  options.password_threads = 2;
  start();
  add_account("ann");
  std::string current = "correct horse";
  for (int round = 0; round < 8; ++round) {
    const Tokens own = login("ann", current);
    const std::string next = "new password " + std::to_string(round);
    std::vector<net::FetchRequest> requests;
    requests.push_back(json_request(
        url("/v1/password"),
        R"({"current_password":")" + current + R"(","new_password":")" + next + R"("})",
        bearer(own.access)));
    for (int i = 0; i < 4; ++i) {
      requests.push_back(
          json_request(url("/v1/login"), R"({"username":"ann","password":")" + current + R"("})"));
    }
    const auto answers = send_all(std::move(requests));
    ASSERT_EQ(answers.front().status(), 200) << answers.front().body();
    for (std::size_t i = 1; i < answers.size(); ++i) {
      if (answers[i].status() != 200) continue;
      EXPECT_FALSE(is_active(answers[i].text("access_token")));
      EXPECT_EQ(refresh(answers[i].text("refresh_token")).status(), 401);
    }
    EXPECT_TRUE(is_active(answers.front().text("access_token")));
    current = next;
  }
}

TEST_F(PasswordChangeTest, OfTwoAtOnceLetsOneWin) {
  add_account("ann");
  const Tokens tokens = login("ann");
  std::vector<net::FetchRequest> requests;
  for (const char* next : {"first battery", "second battery"}) {
    requests.push_back(json_request(
        url("/v1/password"),
        std::string(R"({"current_password":"correct horse","new_password":")") + next + R"("})",
        bearer(tokens.access)));
  }
  int won = 0;
  for (const Answer& answer : send_all(std::move(requests))) won += answer.status() == 200 ? 1 : 0;
  EXPECT_EQ(won, 1);
  EXPECT_NE(login_answer("ann", "first battery").status(),
            login_answer("ann", "second battery").status());
}

TEST_F(PasswordChangeTest, LeavesTheOldPasswordWhereTheCommitFails) {
  add_account("ann");
  const Tokens tokens = login("ann");
  fail_commits(1);
  EXPECT_EQ(change(tokens, "correct horse", "better battery").status(), 503);
  EXPECT_TRUE(is_active(tokens.access));
  EXPECT_EQ(login_answer("ann").status(), 200);
  EXPECT_EQ(login_answer("ann", "better battery").status(), 401);
}

}  // namespace
}  // namespace rescind::authority

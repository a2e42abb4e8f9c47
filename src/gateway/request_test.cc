#include "gateway/request.h"

#include <gtest/gtest.h>

#include <vector>

namespace rescind::gateway {
namespace {

TEST(FindToken, ReadsOneBearerTokenAndRefusesWhatCouldBeReadTwice) {
  // security D51, each with its good twin.
  struct Case {
    std::vector<std::string_view> headers;
    std::string_view token;
    TokenProblem problem;
  };
  const std::vector<Case> cases = {
      {{"Bearer a.b.c"}, "a.b.c", {}},
      {{"bearer a.b.c"}, "a.b.c", {}},
      {{"BEARER a.b.c"}, "a.b.c", {}},
      {{"Bearer  a.b.c"}, "a.b.c", {}},
      {{}, "", TokenProblem::kMissing},
      {{"Bearer a.b.c", "Bearer a.b.c"}, "", TokenProblem::kAmbiguous},
      {{"Bearer a.b.c", "Basic eA=="}, "", TokenProblem::kAmbiguous},
      {{"Basic x, Bearer a.b.c"}, "", TokenProblem::kAmbiguous},
      {{"Bearer a.b.c, Basic x"}, "", TokenProblem::kAmbiguous},
      {{"Basic eA=="}, "", TokenProblem::kOther},
      {{"Bearer"}, "", TokenProblem::kOther},
      {{"Bearer "}, "", TokenProblem::kOther},
      {{"Bearera.b.c"}, "", TokenProblem::kOther},
      {{"Bearer\ta.b.c"}, "", TokenProblem::kOther},
      {{"Bearer a.b.c d"}, "", TokenProblem::kOther},
      {{"Bearer a.b.c\""}, "", TokenProblem::kOther},
      {{""}, "", TokenProblem::kOther},
  };
  for (const Case& c : cases) {
    const auto token = find_token(c.headers);
    const std::string_view shown = c.headers.empty() ? "(none)" : c.headers.front();
    if (!c.token.empty()) {
      ASSERT_TRUE(token.has_value()) << shown;
      EXPECT_EQ(*token, c.token);
    } else {
      ASSERT_FALSE(token.has_value()) << shown;
      EXPECT_EQ(token.error(), c.problem) << shown;
    }
  }
}

}  // namespace
}  // namespace rescind::gateway

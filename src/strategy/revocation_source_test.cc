#include "strategy/revocation_source.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace rescind::strategy {
namespace {

using verifier::Answer;

class Answering final : public RevocationSource {
 public:
  explicit Answering(Answer answer) : answer_(answer) {}
  void ask(std::string_view token, const verifier::Pending& /*pending*/, Then then) override {
    asked = token;
    then(answer_);
  }
  std::string asked;

 private:
  Answer answer_;
};

TEST(WithFallback, AsksTheSecondWhereTheFirstCannotTell) {
  for (const Answer first : {Answer::kActive, Answer::kInactive, Answer::kUnavailable}) {
    Answering one(first);
    Answering other(Answer::kSignedOut);
    std::optional<Answer> answer;
    WithFallback(one, other).ask("token", {}, [&](Answer told) { answer = told; });
    const bool falls_back = first == Answer::kUnavailable;
    EXPECT_EQ(answer, falls_back ? Answer::kSignedOut : first);
    EXPECT_EQ(one.asked, "token");
    EXPECT_EQ(other.asked, falls_back ? "token" : "");
  }
}

}  // namespace
}  // namespace rescind::strategy

// The tokens of the cases D01–D25 (20 to accept, 232 to refuse) through the whole verifier.

#include <gtest/gtest.h>

#include "vectors.h"
#include "verifier/verifier.h"

namespace rescind::conformance {
namespace {

using verifier::Verifier;

// An index that follows, and a verifier with the file's issuer, keys and policy.
class DevTokens {
 public:
  explicit DevTokens(json::Value root) : index_(*revocation::Index::create(random_, {})) {
    const std::string issuer = text(root, "issuer");
    now_ = {.wall = wall_from_seconds(integer(root, "now")),
            .boot = BootTime(std::chrono::hours(1))};
    revocation::IssuerRules rules;
    rules.issuer = issuer;
    rules.session_claims = {"sid"};
    rules.longest_lifetime = std::chrono::hours(24);
    rules.longest_session = std::chrono::hours(24);
    index_->set_rules(std::make_shared<revocation::Rules>(revocation::Rules{{rules}}));
    revocation::FeedState state;
    state.ready = true;
    state.freshness.refresh(1, now_.wall, now_.boot);
    index_->set_state(state);

    auto parsed = jwt::KeySet::parse(to_json(member(root, "jwks")));
    EXPECT_TRUE(parsed.has_value());
    verifier::TrustedIssuer trusted;
    trusted.issuer = issuer;
    trusted.algorithms = {jwt::Algorithm::kEs256, jwt::Algorithm::kRs256, jwt::Algorithm::kEdDsa};
    trusted.audiences = {text(root, "audience")};
    trusted.keys = std::make_shared<jwt::KeySet>(std::move(parsed->keys));
    issuers_ = std::make_shared<verifier::TrustedIssuers>(std::vector{trusted});
    lifetime_ = std::chrono::seconds(integer(root, "max_token_lifetime"));
  }

  Decision check(std::string_view token, std::chrono::seconds leeway) {
    verifier::Options options;
    options.leeway = leeway;
    options.max_token_lifetime = lifetime_;
    Verifier verifier(options, index_->view(), issuers_, random_);
    return std::get<Decision>(verifier.check(token, now_));
  }

  void revoke_token_id(const std::string& issuer, const std::string& token_id) {
    const revocation::Revocation revocation{.target = {issuer, "jti", token_id},
                                            .cut = std::nullopt,
                                            .until = 1'900'000'000,
                                            .reason = revocation::Reason::kRevoked};
    ASSERT_TRUE(index_->apply(entry_of(revocation)).has_value());
  }

 private:
  SeededRandom random_{1};
  std::unique_ptr<revocation::Index> index_;
  Now now_{};
  std::shared_ptr<const verifier::TrustedIssuers> issuers_;
  std::chrono::seconds lifetime_{0};
};

TEST(DevTokens, TwentyAreAcceptedAndTheOthersRefused) {
  const auto folder = vectors_folder();
  if (!folder) GTEST_SKIP() << "the vectors are not there (RESCIND_VECTORS)";
  const Document file(*folder / "own" / "dev_tokens.json");
  DevTokens tokens(file.root());
  Tally tally("dev tokens D01-D25");
  std::int64_t number = 0;
  const json::Value cases = member(file.root(), "cases");
  for (auto one = cases.first(); one; one = one->next()) {
    const auto leeway = one->find("leeway");
    const std::chrono::seconds seconds(leeway ? *leeway->integer() : 0);
    const bool expected = text(*one, "expect") == "accept";
    const Decision decision = tokens.check(text(*one, "token"), seconds);
    tally.count(++number, expected, decision.accepted());
    EXPECT_EQ(decision.accepted(), expected)
        << text(*one, "id") << " " << text(*one, "case") << ": "
        << (decision.reason() ? to_string(*decision.reason()) : "accepted");
  }
  EXPECT_EQ(number, 252);
  EXPECT_EQ(tally.refused(), 232);
}

// D24: the index knows claims, never a token's bytes, of which one token has many.
TEST(DevTokens, ARevokedTokenIsRefusedAsItsMalleableTwinToo) {
  const auto folder = vectors_folder();
  if (!folder) GTEST_SKIP() << "the vectors are not there (RESCIND_VECTORS)";
  const Document file(*folder / "own" / "dev_tokens.json");
  DevTokens tokens(file.root());
  const json::Value cases = member(file.root(), "cases");
  int twins = 0;
  for (auto one = cases.first(); one; one = one->next()) {
    if (!one->find("after_revoke")) continue;
    ++twins;
    EXPECT_TRUE(tokens.check(text(*one, "token"), {}).accepted());
    tokens.revoke_token_id(text(file.root(), "issuer"), "j-1");
    EXPECT_EQ(tokens.check(text(*one, "token"), {}).reason(), Reason::kRevoked);
  }
  EXPECT_EQ(twins, 1);
}

}  // namespace
}  // namespace rescind::conformance

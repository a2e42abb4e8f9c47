// A verifier over the indexes of two feeds: each issuer belongs to one of them, and no other feed
// can revoke its tokens, vouch for them or keep them from being decided.

#include <gtest/gtest.h>

#include "base/check.h"
#include "verifier/test_world.h"

namespace rescind::verifier {
namespace {

constexpr const char* kOther = "https://other.test";

std::string of_issuer(std::string payload, const std::string& issuer) {
  payload.replace(payload.find(TestWorld::kIssuer), std::string(TestWorld::kIssuer).size(), issuer);
  return payload;
}

// The world's feed has its issuer; a second feed has another one, and says the same of both.
class TwoFeeds : public testing::Test {
 protected:
  TwoFeeds() : second_(*revocation::Index::create(random_, {})) {
    revocation::Rules rules = *world_.index->rules();
    rules.issuers.push_back(rules.issuers[0]);
    rules.issuers[1].issuer = kOther;
    CHECK(second_->set_rules(std::make_shared<revocation::Rules>(rules)));
    hear_second(world_.now);
    TrustedIssuer other = world_.trusted();
    other.issuer = kOther;
    other.index = 1;
    issuers_ = std::make_shared<TrustedIssuers>(std::vector{world_.trusted(), other});
  }

  void hear_second(Now at) {
    state_.ready = true;
    state_.freshness.refresh(1, at.wall, at.boot);
    second_->set_state(state_);
  }
  void revoke_in_second(const char* issuer) {
    ASSERT_TRUE(second_->apply(revocation::entry_of({.target = {issuer, "jti", "j-1"},
                                                     .until = TestWorld::kNowSeconds + 1000,
                                                     .reason = revocation::Reason::kRevoked})));
  }
  std::unique_ptr<Verifier> verifier(const Options& options = {}) {
    return std::make_unique<Verifier>(
        options, std::vector<Verifier::View>{world_.index->view(), second_->view()}, issuers_,
        random_);
  }
  std::string token_of_other() const {
    return sign_compact(world_.key, "at+jwt", of_issuer(TestWorld::payload(), kOther));
  }
  Now later(int seconds) const {
    return {.wall = world_.now.wall + std::chrono::seconds(seconds),
            .boot = world_.now.boot + std::chrono::seconds(seconds)};
  }

  TestWorld world_;
  SeededRandom random_{8};
  std::unique_ptr<revocation::Index> second_;
  revocation::FeedState state_;
  std::shared_ptr<const TrustedIssuers> issuers_;
};

TEST_F(TwoFeeds, EachRevokesItsOwnIssuersTokens) {
  const auto verifier = this->verifier();
  const std::string first = world_.token();
  const std::string other = token_of_other();
  ASSERT_TRUE(accepted(verifier->check(first, world_.now)));
  ASSERT_TRUE(accepted(verifier->check(other, world_.now)));
  revoke_in_second(kOther);
  EXPECT_TRUE(accepted(verifier->check(first, world_.now)));
  EXPECT_EQ(reason_of(verifier->check(other, world_.now)), Reason::kRevoked);
  world_.revoke("jti", "j-1");
  EXPECT_EQ(reason_of(verifier->check(first, world_.now)), Reason::kRevoked);
}

TEST_F(TwoFeeds, NeitherRevokesTheOthersTokens) {
  const auto verifier = this->verifier();
  revoke_in_second(TestWorld::kIssuer);
  EXPECT_TRUE(accepted(verifier->check(world_.token(), world_.now)));
  EXPECT_TRUE(accepted(verifier->check_claims(TestWorld::payload(), std::nullopt, world_.now)));
  auto watched = verifier->watch(TestWorld::payload(), std::nullopt);
  ASSERT_TRUE(watched);
  EXPECT_EQ(verifier->revoked_now(*watched), std::nullopt);
}

TEST_F(TwoFeeds, ATokenNeedsTheFreshnessOfItsIssuersFeedOnly) {
  const auto verifier = this->verifier();
  world_.hear(later(40));
  EXPECT_TRUE(accepted(verifier->check(world_.token(), later(40))));
  EXPECT_EQ(reason_of(verifier->check(token_of_other(), later(40))), Reason::kStale);
  EXPECT_GT(verifier->staleness(later(40)), Milliseconds(39'000)) << "the oldest counts";
  EXPECT_FALSE(verifier->fresh(later(40)));
  EXPECT_EQ(&verifier->stalest(later(40)), &verifier->indexes()[1]);
  hear_second(later(41));
  EXPECT_TRUE(accepted(verifier->check(token_of_other(), later(41))));
  EXPECT_TRUE(verifier->fresh(later(41)));
}

TEST_F(TwoFeeds, EachHasAPurgeTimeOfItsOwn) {
  const auto verifier = this->verifier();
  const auto purged = wall_from_seconds(TestWorld::kNowSeconds + 400);
  ASSERT_TRUE(accepted(verifier->check(world_.token(), world_.now)));
  second_->raise_purge_time(purged);
  EXPECT_TRUE(accepted(verifier->check(world_.token(), world_.now)));
  EXPECT_EQ(reason_of(verifier->check(token_of_other(), world_.now)), Reason::kExpired);
  const std::string claims = of_issuer(TestWorld::payload(), kOther);
  EXPECT_EQ(reason_of(verifier->check_claims(claims, std::nullopt, world_.now)), Reason::kExpired);
}

TEST_F(TwoFeeds, ChangesOfOneLeaveTheOthersTokensKnown) {
  const auto verifier = this->verifier();
  const std::string first = world_.token();
  const std::string other = token_of_other();
  ASSERT_TRUE(accepted(verifier->check(first, world_.now)));
  ASSERT_TRUE(accepted(verifier->check(other, world_.now)));
  second_ = *revocation::Index::create(random_, {});
  verifier->set_index(second_->view(), 1);
  EXPECT_TRUE(accepted(verifier->check(first, world_.now)));
  EXPECT_EQ(reason_of(verifier->check(other, world_.now)), Reason::kStale) << "it knows nothing";
  EXPECT_EQ(verifier->counters().signatures, 2U);
}

TEST_F(TwoFeeds, AWatchAsksTheIndexOfItsIssuer) {
  const auto verifier = this->verifier();
  auto watched = verifier->watch(of_issuer(TestWorld::payload(), kOther), std::nullopt);
  ASSERT_TRUE(watched);
  EXPECT_EQ(verifier->revoked_now(*watched), std::nullopt);
  world_.revoke("jti", "j-1");
  EXPECT_EQ(verifier->revoked_now(*watched), std::nullopt);
  revoke_in_second(kOther);
  EXPECT_EQ(verifier->revoked_now(*watched), Reason::kRevoked);
}

TEST_F(TwoFeeds, NobodyCanSayWhoseAnUnknownIssuerIs) {
  const std::string claims = of_issuer(TestWorld::payload(), "https://third.test");
  const auto verifier = this->verifier();
  EXPECT_EQ(reason_of(verifier->check_claims(claims, std::nullopt, world_.now)), Reason::kIssuer);
  EXPECT_EQ(verifier->watch(claims, std::nullopt).error(), Reason::kIssuer);
}

// A position is one of the token's own feed.
TEST_F(TwoFeeds, AWantedPositionIsOfTheTokensFeed) {
  const auto verifier = this->verifier();
  state_.position = {.term = 1, .number = 9};
  hear_second(world_.now);
  const revocation::Position wanted{.term = 1, .number = 9};
  EXPECT_TRUE(accepted(verifier->check(token_of_other(), world_.now, {}, wanted)));
  const Outcome behind = verifier->check(world_.token(), world_.now, {}, wanted);
  ASSERT_TRUE(std::holds_alternative<Pending>(behind));
  EXPECT_TRUE(std::get<Pending>(behind).behind);
}

}  // namespace
}  // namespace rescind::verifier

// An old backup is restored, and what it lacks is taken back from whoever still has it.

#include "authority/lost_history.h"

#include "authority/lost_history_for_test.h"

namespace rescind::authority {
namespace {

TEST_F(LostHistoryTest, WhatIsHadBackIsCommittedAnewAndNobodyElseHasToSignInAgain) {
  const Tokens user = open_session("u"), ended = open_session("v"), bystander = open_session("w");
  back_up();
  ASSERT_EQ(revoke("sub", "u").status(), 201);
  ASSERT_EQ(revoke("sid", ended.session).status(), 201);
  ASSERT_EQ(revoke_foreign("x").status(), 201);
  restore();
  const Answer between = refresh(user.refresh);
  ASSERT_EQ(between.status(), 200) << "the backup does not know better";
  const Tokens window = tokens_of(between);

  show();
  EXPECT_EQ(give(lost_), true) << "a later head may still be shown";
  ASSERT_TRUE(settle());
  EXPECT_EQ(taken_back(), 4U) << "three, and the session that the user's cut had ended";
  EXPECT_TRUE(is_active(bystander.access)) << "nothing was cut";
  EXPECT_EQ(refresh(bystander.refresh).status(), 200);
  for (const std::string& access : {user.access, window.access, ended.access}) {
    EXPECT_FALSE(is_active(access));
  }
  EXPECT_EQ(refresh(window.refresh).status(), 401);
  EXPECT_EQ(refresh(ended.refresh).status(), 401);
  EXPECT_TRUE(is_active(open_session("u").access)) << "who signs in now is not hit";
  EXPECT_EQ(give(lost_), false) << "nothing more is needed";
  EXPECT_EQ(taken_back(), 4U);
}

TEST_F(LostHistoryTest, BatchesAloneAreAProof) {
  const Tokens user = open_session("u"), bystander = open_session("w");
  back_up();
  ASSERT_EQ(revoke("sub", "u").status(), 201);
  restore();
  EXPECT_EQ(give(lost_), true);
  EXPECT_TRUE(takes_all());
  EXPECT_FALSE(is_active(user.access));
  EXPECT_TRUE(is_active(bystander.access));
}

TEST_F(LostHistoryTest, WhatNobodyHasIsCoveredByACut) {
  const Tokens user = open_session("u"), bystander = open_session("w");
  back_up();
  ASSERT_EQ(revoke("sub", "u").status(), 201);
  restore();
  show();
  ASSERT_TRUE(settle());
  EXPECT_TRUE(asked_for_lost()) << "brokers were asked";
  EXPECT_FALSE(is_active(user.access));
  EXPECT_FALSE(is_active(bystander.access));
  EXPECT_EQ(refresh(user.refresh).status(), 401);
  EXPECT_EQ(taken_back(), 0U);
  EXPECT_TRUE(is_active(open_session("u").access));
}

TEST_F(LostHistoryTest, WhatIsHadBackInPartIsCommittedAnewAndTheRestIsCovered) {
  const Tokens bystander = open_session("w");
  back_up();
  ASSERT_EQ(revoke_foreign("x").status(), 201);
  ASSERT_EQ(revoke_foreign("y").status(), 201);
  restore();
  show();
  EXPECT_EQ(give({lost_.back()}), true);
  ASSERT_TRUE(settle());
  EXPECT_EQ(taken_back(), 1U);
  EXPECT_FALSE(is_active(bystander.access)) << "cut";
}

TEST_F(LostHistoryTest, ALiarGetsNothingIn) {
  const Tokens user = open_session("u"), bystander = open_session("w");
  back_up();
  ASSERT_EQ(revoke("sub", "u").status(), 201);
  restore();
  // Signed by another key, for the positions that were lost.
  const auto other = jwt::SigningKey::generate(jwt::Algorithm::kEdDsa);
  ASSERT_TRUE(other);
  std::vector<std::string> forged;
  for (const std::string& jws : lost_) {
    feed::Batch batch = std::get<feed::Batch>(feed::read_word(jws)->content);
    batch.kind = feed::Kind::kRevocations;
    batch.rules = nullptr;
    batch.revocations = {{.target = {options.issuer, "sub", "w"},
                          .cut = batch.position,
                          .until = 4'000'000'000,
                          .reason = revocation::Reason::kRevoked}};
    forged.push_back(feed::seal(batch, *other)->jws);
  }
  EXPECT_EQ(give(forged).error().code, ErrorCode::kInvalid) << "no proof of anything";
  EXPECT_EQ(give({"no word"}).error().code, ErrorCode::kInvalid);
  show();
  ASSERT_TRUE(is_held());
  EXPECT_EQ(give(forged), true) << "more is needed";
  ASSERT_TRUE(settle());
  EXPECT_FALSE(is_active(user.access));
  EXPECT_EQ(taken_back(), 0U);
  const std::string all = get("/v1/revocations", as("security")).body();
  EXPECT_EQ(all.find(R"("value":"w")"), std::string::npos);
}

TEST_F(LostHistoryTest, WhatAForgerPutsOnTopHidesNothing) {
  const Tokens user = open_session("u"), bystander = open_session("w");
  back_up();
  ASSERT_EQ(revoke("sub", "u").status(), 201);
  restore();
  const auto other = jwt::SigningKey::generate(jwt::Algorithm::kEdDsa);
  std::vector<std::string> words = lost_;
  feed::Batch forged = std::get<feed::Batch>(feed::read_word(lost_.back())->content);
  for (int i = 0; i < 5; ++i) {
    ++forged.position.number;
    words.push_back(feed::seal(forged, *other)->jws);
  }
  EXPECT_EQ(give(words), true);
  EXPECT_TRUE(takes_all());
  EXPECT_FALSE(is_active(user.access));
  EXPECT_TRUE(is_active(bystander.access));
}

TEST_F(LostHistoryTest, NothingIsCommittedWhileItWaits) {
  const Tokens user = open_session("u");
  back_up();
  ASSERT_EQ(revoke("sub", "u").status(), 201);
  restore();
  show();
  ASSERT_EQ(give(lost_), true);
  auto late = std::async(std::launch::async, [&] { return refresh(user.refresh).status(); });
  ASSERT_TRUE(settle());
  EXPECT_EQ(late.get(), 401) << "it was not let through in between";
}

}  // namespace
}  // namespace rescind::authority

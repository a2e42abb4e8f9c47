// What comes when the loss has been dealt with.

#include "authority/lost_history.h"

#include "authority/lost_history_for_test.h"

namespace rescind::authority {
namespace {

TEST_F(LostHistoryTest, WhatComesLateIsCommittedAnewAllTheSame) {
  const Tokens user = open_session("u");
  back_up();
  ASSERT_EQ(revoke_foreign("x").status(), 201);
  ASSERT_EQ(revoke_foreign("y").status(), 201);
  ASSERT_EQ(revoke("sub", "u").status(), 201);
  restore();
  show();
  ASSERT_TRUE(settle());
  ASSERT_EQ(taken_back(), 0U) << "nobody had it in time: cut";
  const Tokens later = open_session("u");

  fail_commits(1);  // and it is tried again
  EXPECT_EQ(give({lost_.back()}), true) << "more is of use";
  EXPECT_TRUE(comes_to(2)) << "the user, and the session that the user's cut had ended";
  EXPECT_EQ(give({lost_.back()}), true);
  EXPECT_EQ(give({lost_.front()}), true) << "nothing leads to it yet";
  EXPECT_EQ(give(lost_), false) << "all is here";
  EXPECT_TRUE(comes_to(4));
  EXPECT_EQ(give(lost_), false);
  EXPECT_TRUE(comes_to(4)) << "each once";
  EXPECT_FALSE(is_active(user.access));
  EXPECT_TRUE(is_active(later.access)) << "who has signed in since the cut is not hit";
  EXPECT_EQ(refresh(later.refresh).status(), 200);
}

TEST_F(LostHistoryTest, WhatComesLateRemovesALostKeyAndCoversWhatNoCutDid) {
  stop();
  cut_on_history_lost = false;
  start();
  const Tokens user = open_session("u");
  const std::string kid = active_key();
  back_up();
  ASSERT_EQ(revoke("client_id", "backend").status(), 201);
  ASSERT_EQ(revoke("kid", kid).status(), 201);
  restore();
  show();
  ASSERT_TRUE(settle());
  const Tokens between = open_session("u");
  EXPECT_TRUE(is_active(user.access)) << "the backup does not know better, and nothing was cut";
  EXPECT_TRUE(is_active(between.access));
  EXPECT_EQ(active_key(), kid);
  EXPECT_EQ(give(lost_), false);
  EXPECT_TRUE(comes_to(2));
  EXPECT_FALSE(is_active(user.access));
  EXPECT_FALSE(is_active(between.access));
  EXPECT_NE(active_key(), kid);
  EXPECT_TRUE(is_active(open_session("u").access)) << "signed by another, after the cut";
}

TEST_F(LostHistoryTest, ARestartDoesNotEndTheHour) {
  const Tokens user = open_session("u");
  back_up();
  ASSERT_EQ(revoke_foreign("x").status(), 201);
  ASSERT_EQ(revoke("sub", "u").status(), 201);
  ASSERT_EQ(revoke_foreign("y").status(), 201);
  ASSERT_EQ(revoke_foreign("z").status(), 201);
  restore();
  show();
  EXPECT_EQ(give({lost_.back()}), true);
  ASSERT_TRUE(settle());
  EXPECT_EQ(taken_back(), 1U) << "in time";
  const Tokens later = open_session("u");

  restart();
  EXPECT_EQ(give({lost_.at(lost_.size() - 2)}), true) << "late, and more is of use";
  EXPECT_TRUE(comes_to(2));
  restart();
  EXPECT_EQ(give({lost_.at(lost_.size() - 2)}), true) << "has been taken";
  EXPECT_EQ(give(lost_), false) << "all is here";
  EXPECT_TRUE(comes_to(5)) << "each once, and the session that the user's cut had ended";
  EXPECT_FALSE(is_active(user.access));
  EXPECT_TRUE(is_active(later.access)) << "who has signed in since the cut is not hit";
  restart();
  EXPECT_EQ(give(lost_), false);
  EXPECT_TRUE(comes_to(5)) << "nothing is expected any more";
}

TEST_F(LostHistoryTest, TheHourGoesOnWhileTheAuthorityIsAway) {
  back_up();
  ASSERT_EQ(revoke_foreign("x").status(), 201);
  restore();
  show();
  ASSERT_TRUE(settle());
  clock.advance(std::chrono::minutes(59));
  restart();
  EXPECT_TRUE(give({})) << "it is waited for";
  clock.advance(std::chrono::minutes(1));
  restart();
  EXPECT_FALSE(give({})) << "no longer";
  EXPECT_EQ(give(lost_), false);
  EXPECT_EQ(taken_back(), 0U);
}

TEST_F(LostHistoryTest, WhoAsksNobodyExpectsNothingLateAfterARestart) {
  back_up();
  ASSERT_EQ(revoke_foreign("x").status(), 201);
  restore();
  show();
  ASSERT_TRUE(settle());
  stop();
  take_back_within = Milliseconds(0);
  start();
  EXPECT_FALSE(give({}));
}

TEST_F(LostHistoryTest, StartsThoughTheProofCannotBeCheckedAnyMore) {
  back_up();
  ASSERT_EQ(revoke_foreign("x").status(), 201);
  restore();
  show();
  ASSERT_TRUE(settle());
  stop();
  std::filesystem::remove(file("feed.pem"));  // followers are pinned to a new one
  start();
  EXPECT_FALSE(give(lost_)) << "not signed by the feed's key";
  EXPECT_EQ(revoke("sub", "x").status(), 201);
}

TEST_F(LostHistoryTest, WhatComesAnHourLateIsNotTaken) {
  back_up();
  ASSERT_EQ(revoke_foreign("x").status(), 201);
  restore();
  show();
  ASSERT_TRUE(settle());
  clock.advance(std::chrono::hours(1));
  Result<bool> more = give({});  // the writer may have read the clock before
  for (int i = 0; i < 2'000 && more; ++i) more = give({});
  ASSERT_FALSE(more) << "nothing is expected any more, and this proves nothing";
  EXPECT_EQ(more.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(give(lost_), false);
  EXPECT_EQ(taken_back(), 0U);
}

}  // namespace
}  // namespace rescind::authority

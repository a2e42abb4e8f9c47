#include "authority/key_states.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rescind::authority {
namespace {

using std::chrono::seconds;
using store::KeyState;
using store::SigningKeyRow;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr KeyPlan plan_of(const char* algorithm = "ES256") {
  return {.algorithm = algorithm,
          .rotate_every = seconds(1000),
          .publish_before = seconds(100),
          .lifetime = seconds(50)};
}

SigningKeyRow spare(const std::string& id, const std::string& algorithm = "ES256") {
  SigningKeyRow row;
  row.id = id;
  row.algorithm = algorithm;
  row.sealed_pem = "sealed";
  return row;
}

// The rows of a store, to which what a step returns is written.
class Keys {
 public:
  void apply(const std::vector<SigningKeyRow>& changes) {
    for (const SigningKeyRow& change : changes) {
      const auto row = std::ranges::find(rows, change.id, &SigningKeyRow::id);
      if (row == rows.end()) {
        rows.push_back(change);
      } else {
        *row = change;
      }
    }
  }
  void advance(std::int64_t now, std::vector<SigningKeyRow> spares,
               const KeyPlan& plan = plan_of()) {
    apply(advance_keys(rows, wall_from_seconds(now), plan, std::move(spares)));
  }
  std::size_t needed(std::int64_t now) const {
    return spares_needed(rows, wall_from_seconds(now), plan_of());
  }
  std::vector<std::string> in(KeyState state) const {
    std::vector<std::string> ids;
    for (const SigningKeyRow& row : rows) {
      if (row.state == state) ids.push_back(row.id);
    }
    return ids;
  }

  std::vector<SigningKeyRow> rows;
};

TEST(KeyStatesTest, StartWithAnActiveKeyAndAStandby) {
  Keys keys;
  EXPECT_EQ(keys.needed(0), 2U);
  keys.advance(0, {spare("b"), spare("a")});
  EXPECT_THAT(keys.in(KeyState::kActive), ElementsAre("a"));
  EXPECT_THAT(keys.in(KeyState::kNext), ElementsAre("b"));
  EXPECT_EQ(keys.needed(999), 0U);
  EXPECT_THAT(advance_keys(keys.rows, wall_from_seconds(999), plan_of(), {}), IsEmpty());
}

TEST(KeyStatesTest, RotateWhenDueAndKeepTheOldKeyUntilItsLastTokenHasExpired) {
  Keys keys;
  keys.advance(0, {spare("b"), spare("a")});
  EXPECT_EQ(keys.needed(1000), 1U);
  keys.advance(1000, {spare("c")});
  EXPECT_THAT(keys.in(KeyState::kActive), ElementsAre("b"));
  EXPECT_THAT(keys.in(KeyState::kRetired), ElementsAre("a"));
  EXPECT_THAT(keys.in(KeyState::kNext), ElementsAre("c"));

  keys.advance(1000 + 50 + kKeyMargin.count(), {});
  EXPECT_THAT(keys.in(KeyState::kRetired), ElementsAre("a"));
  keys.advance(1000 + 50 + kKeyMargin.count() + 1, {});
  EXPECT_THAT(keys.in(KeyState::kGone), ElementsAre("a"));
  EXPECT_EQ(keys.rows.front().sealed_pem, "") << "its private half is let go of";
}

TEST(KeyStatesTest, DoNotUseAKeyThatHasNotBeenPublishedLongEnough) {
  Keys keys;
  keys.advance(0, {spare("a")});  // the standby could not be made
  keys.advance(950, {spare("b")});
  keys.advance(1000, {});
  EXPECT_THAT(keys.in(KeyState::kActive), ElementsAre("a"));
  keys.advance(1050, {spare("c")});
  EXPECT_THAT(keys.in(KeyState::kActive), ElementsAre("b"));
}

TEST(KeyStatesTest, RemoveARevokedKeyAtOnceAndPutTheStandbyInItsPlace) {
  Keys keys;
  keys.advance(0, {spare("b"), spare("a")});
  keys.apply(remove_key(keys.rows, "a", wall_from_seconds(10)));
  EXPECT_THAT(keys.in(KeyState::kGone), ElementsAre("a"));
  EXPECT_THAT(keys.in(KeyState::kActive), ElementsAre("b"));
  EXPECT_EQ(keys.needed(10), 1U);
  keys.advance(10, {spare("c")});
  keys.apply(remove_key(keys.rows, "c", wall_from_seconds(20)));
  EXPECT_THAT(keys.in(KeyState::kActive), ElementsAre("b"));
  EXPECT_THAT(remove_key(keys.rows, "c", wall_from_seconds(20)), IsEmpty());
  EXPECT_THAT(remove_key(keys.rows, "nobody's", wall_from_seconds(20)), IsEmpty());
}

TEST(KeyStatesTest, RotateByHandOnlyWithAStandby) {
  Keys keys;
  keys.advance(0, {spare("b"), spare("a")});
  keys.apply(rotate_keys(keys.rows, wall_from_seconds(10), plan_of()));
  EXPECT_THAT(keys.in(KeyState::kActive), ElementsAre("b"));
  EXPECT_THAT(keys.in(KeyState::kRetired), ElementsAre("a"));
  EXPECT_THAT(rotate_keys(keys.rows, wall_from_seconds(20), plan_of()), IsEmpty());
}

TEST(KeyStatesTest, MoveToAnotherAlgorithmByARotationOfItsOwn) {
  Keys keys;
  keys.advance(0, {spare("b"), spare("a")});
  const KeyPlan plan = plan_of("RS256");
  keys.advance(10, {spare("r", "RS256")}, plan);
  EXPECT_THAT(keys.in(KeyState::kActive), ElementsAre("a"));
  EXPECT_THAT(keys.in(KeyState::kNext), ElementsAre("r"));
  EXPECT_THAT(keys.in(KeyState::kGone), ElementsAre("b")) << "it has signed nothing";
  keys.advance(109, {}, plan);
  EXPECT_THAT(keys.in(KeyState::kActive), ElementsAre("a"));
  keys.advance(110, {spare("s", "RS256")}, plan);
  EXPECT_THAT(keys.in(KeyState::kActive), ElementsAre("r"));
  EXPECT_THAT(keys.in(KeyState::kRetired), ElementsAre("a"));
}

}  // namespace
}  // namespace rescind::authority

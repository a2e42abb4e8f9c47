#include "store/migrations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "store/query.h"
#include "store/repositories.h"
#include "store/store_for_test.h"

namespace rescind::store {
namespace {

using testing::HasSubstr;

constexpr std::array<Migration, 2> kSteps{
    {{1, "0001_one", "CREATE TABLE one (id INTEGER PRIMARY KEY)"},
     {2, "0002_two", "CREATE TABLE two (id INTEGER PRIMARY KEY); INSERT INTO two VALUES (2)"}}};

class MigrationsTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  std::unique_ptr<Database> database_ = connect(folder_.file("test.db"));
  std::span<const Migration> one_ = std::span(kSteps).first(1);
};

TEST_F(MigrationsTest, NumbersItsStepsFromOneWithoutHoles) {
  int expected = 0;
  for (const Migration& step : sqlite_migrations()) {
    EXPECT_EQ(step.number, ++expected) << step.name;
    EXPECT_FALSE(step.sql.empty());
  }
  EXPECT_GE(expected, 1);
}

TEST_F(MigrationsTest, MakesTheSchemaOnceAndThenHasNothingToDo) {
  ASSERT_EQ(migration_status(*database_)->applied, 0);
  ASSERT_TRUE(migrate(*database_));
  const auto status = migration_status(*database_);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->applied, status->known);
  EXPECT_TRUE(Query::make(*database_, "SELECT * FROM head"));
  EXPECT_TRUE(migrate(*database_));
}

TEST_F(MigrationsTest, AppliesOnlyWhatIsMissing) {
  ASSERT_TRUE(migrate(*database_, one_));
  ASSERT_TRUE(migrate(*database_, kSteps));
  EXPECT_EQ(migration_status(*database_, kSteps)->applied, 2);
}

TEST_F(MigrationsTest, OfALossOfBeforeStepFourNothingMayComeLate) {
  ASSERT_TRUE(migrate(*database_, sqlite_migrations().first(3)));
  ASSERT_TRUE(
      database_->execute("INSERT INTO loss (term, number, at, recovered_term, was_cut, proof) "
                         "VALUES (7, 3, 1000, 9, 1, 'jws')"));
  ASSERT_TRUE(migrate(*database_));
  const auto loss = Losses(*database_).latest();
  ASSERT_TRUE(loss && *loss);
  EXPECT_EQ((*loss)->position, (Position{7, 3}));
  EXPECT_FALSE((*loss)->late);
}

TEST_F(MigrationsTest, RefusesADatabaseThatIsNewerAndNamesBothNumbers) {
  ASSERT_TRUE(migrate(*database_, kSteps));
  const auto refused = migrate(*database_, one_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_THAT(refused.error().message, HasSubstr("schema 2"));
  EXPECT_THAT(refused.error().message, HasSubstr("up to 1"));
  EXPECT_FALSE(migration_status(*database_, one_));
}

TEST_F(MigrationsTest, RefusesADatabaseThatOtherStepsMade) {
  ASSERT_TRUE(migrate(*database_, one_));
  std::array<Migration, 2> changed = kSteps;
  changed[0].sql = "CREATE TABLE uno (id INTEGER PRIMARY KEY)";
  const auto refused = migrate(*database_, changed);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_THAT(refused.error().message, HasSubstr("0001_one"));
  EXPECT_FALSE(Query::make(*database_, "SELECT * FROM two"));
}

TEST_F(MigrationsTest, LeavesNothingOfAStepThatFails) {
  std::array<Migration, 2> broken = kSteps;
  broken[1].sql = "CREATE TABLE two (id INTEGER PRIMARY KEY); INSERT INTO nowhere VALUES (1)";
  ASSERT_FALSE(migrate(*database_, broken));
  EXPECT_FALSE(Query::make(*database_, "SELECT * FROM two"));
  EXPECT_EQ(migration_status(*database_, kSteps)->applied, 1);
  EXPECT_TRUE(migrate(*database_, kSteps));
}

}  // namespace
}  // namespace rescind::store

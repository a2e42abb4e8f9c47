#include "authority/canary.h"

#include <gtest/gtest.h>

#include "store/repositories.h"
#include "store/store_for_test.h"

namespace rescind::authority {
namespace {

using std::chrono::seconds;

class CanaryTest : public testing::Test {
 protected:
  CanaryTest() : store_(folder_.file("rescind.db")) {
    EXPECT_TRUE(store_.open());
    before_ = store_.batches().size();
  }
  Canary canary(Milliseconds every) {
    return Canary({.issuer = std::string(store::kIssuer), .every = every}, *store_.committer,
                  random_);
  }
  Now now() const { return store_.clock.now(); }
  // Batches of canaries since the beginning of the test.
  std::size_t sung() { return store_.batches().size() - before_; }

  store::TemporaryFolder folder_;
  store::StoreForTest store_;
  SeededRandom random_{7};
  std::size_t before_ = 0;
};

TEST_F(CanaryTest, RevokesATokenOfNobodyAndAsksForReceipts) {
  Canary one = canary(seconds(10));
  EXPECT_EQ(one.step(now()), now().boot + seconds(10));
  store_.step(seconds(9));
  one.step(now());
  store_.step();
  EXPECT_EQ(sung(), 0U);
  store_.step(seconds(1));
  EXPECT_EQ(one.step(now()), now().boot + seconds(10));
  store_.step();
  ASSERT_EQ(sung(), 1U);
  const feed::Batch batch = store_.batches().back();
  EXPECT_TRUE(batch.wants_receipt);
  ASSERT_EQ(batch.revocations.size(), 1U);
  const revocation::Revocation& revocation = batch.revocations.front();
  EXPECT_EQ(revocation.target.claim, "jti");
  EXPECT_TRUE(revocation::to_string(revocation.target.value).starts_with(Canary::kPrefix));
  EXPECT_FALSE(revocation.cut);
  EXPECT_LE(revocation.until, static_cast<std::uint64_t>(to_seconds(now().wall)) + 61);

  const auto database = store::connect(store_.path);
  EXPECT_TRUE(store::Revocations(*database).records({})->empty()) << "nobody's act";
}

TEST_F(CanaryTest, IsSilentWhereItIsNotWanted) {
  Canary none = canary(Milliseconds(0));
  EXPECT_EQ(none.step(now()), BootTime::max());
  store_.step(seconds(60));
  EXPECT_EQ(none.step(now()), BootTime::max());
  store_.step();
  EXPECT_EQ(sung(), 0U);
}

TEST_F(CanaryTest, IsOfOneNodeAloneAndOfAnotherWhenThatIsGone) {
  Canary first = canary(seconds(10));
  Canary second = canary(seconds(10));
  first.step(now());
  second.step(now());
  for (std::size_t round = 1; round <= 3; ++round) {
    store_.step(seconds(10));
    first.step(now());
    second.step(now());
    store_.step();
    EXPECT_EQ(sung(), round);
  }
  for (int round = 0; round < 3; ++round) {  // the first has died: its lease has to end
    store_.step(seconds(10));
    second.step(now());
    store_.step();
  }
  EXPECT_EQ(sung(), 4U);
}

TEST_F(CanaryTest, DoesNotQueueUpBehindAWriterThatStandsStill) {
  Canary one = canary(seconds(10));
  one.step(now());
  for (int round = 0; round < 5; ++round) {
    store_.clock.advance(seconds(10));
    one.step(now());
  }
  store_.step();
  store_.step();
  EXPECT_EQ(sung(), 1U);
}

}  // namespace
}  // namespace rescind::authority

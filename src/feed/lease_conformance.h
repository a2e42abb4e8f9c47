#pragma once
// What every Lease has to do. An adapter's test includes this once and says
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, LeaseConformance, testing::Values(make_leases_under_test));

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "feed/ports.h"

namespace rescind::feed {

class LeasesUnderTest {
 public:
  virtual ~LeasesUnderTest() = default;
  // Of one transport, for one node.
  virtual std::unique_ptr<Lease> lease(const std::string& transport, const std::string& node) = 0;
  virtual Milliseconds length() const = 0;
  // Time goes by.
  virtual void advance(Milliseconds by) = 0;
};

using MakeLeasesUnderTest = std::function<std::unique_ptr<LeasesUnderTest>()>;

class LeaseConformance : public testing::TestWithParam<MakeLeasesUnderTest> {
 protected:
  void SetUp() override { under_test_ = GetParam()(); }
  // Where it is ours: the position; {0, 0} nothing published. Fails on an error.
  static std::optional<Position> acquire(Lease& lease) {
    const auto acquired = lease.acquire();
    EXPECT_TRUE(acquired.has_value()) << (acquired ? "" : acquired.error().message);
    return acquired.value_or(std::nullopt);
  }
  static bool advance(Lease& lease, Position to) {
    const auto advanced = lease.advance(to);
    EXPECT_TRUE(advanced.has_value()) << (advanced ? "" : advanced.error().message);
    return advanced.value_or(false);
  }

  std::unique_ptr<LeasesUnderTest> under_test_;
};

TEST_P(LeaseConformance, OneNodeHasIt) {
  const auto one = under_test_->lease("kafka", "one");
  const auto two = under_test_->lease("kafka", "two");
  EXPECT_EQ(acquire(*one), Position{});
  EXPECT_EQ(acquire(*two), std::nullopt);
  EXPECT_EQ(acquire(*one), Position{}) << "it is ours already";
}

TEST_P(LeaseConformance, EachTransportHasItsOwn) {
  EXPECT_EQ(acquire(*under_test_->lease("kafka", "one")), Position{});
  EXPECT_EQ(acquire(*under_test_->lease("redis", "two")), Position{});
}

TEST_P(LeaseConformance, TheNextGoesOnWhereTheLastHadGotTo) {
  const auto one = under_test_->lease("kafka", "one");
  const auto two = under_test_->lease("kafka", "two");
  ASSERT_TRUE(acquire(*one));
  EXPECT_TRUE(advance(*one, {7, 42}));
  ASSERT_TRUE(one->release());
  EXPECT_EQ(acquire(*two), (Position{7, 42}));
}

TEST_P(LeaseConformance, ItEndsByItselfUnlessItIsAdvanced) {
  const auto one = under_test_->lease("kafka", "one");
  const auto two = under_test_->lease("kafka", "two");
  ASSERT_TRUE(acquire(*one));
  under_test_->advance(under_test_->length() - Milliseconds(1));
  EXPECT_EQ(acquire(*two), std::nullopt);
  EXPECT_TRUE(advance(*one, {1, 1}));
  under_test_->advance(under_test_->length() - Milliseconds(1));
  EXPECT_EQ(acquire(*two), std::nullopt);
  under_test_->advance(Milliseconds(1));
  EXPECT_EQ(acquire(*two), (Position{1, 1}));
}

TEST_P(LeaseConformance, WhoHasLostItIsToldSoAndChangesNothing) {
  const auto one = under_test_->lease("kafka", "one");
  const auto two = under_test_->lease("kafka", "two");
  ASSERT_TRUE(acquire(*one));
  under_test_->advance(under_test_->length());
  ASSERT_TRUE(acquire(*two));
  EXPECT_TRUE(advance(*two, {1, 5}));
  EXPECT_FALSE(advance(*one, {1, 9}));
  ASSERT_TRUE(one->release());
  EXPECT_EQ(acquire(*one), std::nullopt) << "it was not his to release";
  EXPECT_EQ(acquire(*two), (Position{1, 5}));
}

}  // namespace rescind::feed

#include "feed/early.h"

#include <gtest/gtest.h>

namespace rescind::feed {
namespace {

Received received(std::uint64_t term, std::uint64_t number, std::string jws = "word") {
  Received one;
  one.batch.position = {.term = term, .number = number};
  one.batch.previous = sha256(std::to_string(number - 1));
  one.hash = sha256(std::to_string(number));
  one.jws = std::move(jws);
  return one;
}

Place place(std::uint64_t term, std::uint64_t number) {
  return {.position = {.term = term, .number = number}, .head = sha256(std::to_string(number))};
}

TEST(EarlyBatches, ComeBackInTheirTurn) {
  EarlyBatches early;
  early.keep(received(1, 7));
  early.keep(received(1, 6));
  EXPECT_EQ(early.take_next(place(1, 4)), std::nullopt);
  EXPECT_EQ(early.take_next(place(1, 5))->batch.position.number, 6U);
  EXPECT_EQ(early.take_next(place(1, 6))->batch.position.number, 7U);
  EXPECT_EQ(early.size(), 0U);
}

TEST(EarlyBatches, OfAnotherBranchDoNotComeBack) {
  EarlyBatches early;
  early.keep(received(2, 6));  // no beginning of a term
  EXPECT_EQ(early.take_next(place(1, 5)), std::nullopt);
  EXPECT_EQ(early.size(), 0U);
}

TEST(EarlyBatches, OfTheLaterTermStayWhereTwoHaveOneNumber) {
  EarlyBatches early;
  early.keep(received(1, 6));
  early.keep(received(2, 6));
  early.keep(received(1, 6));
  EXPECT_EQ(early.size(), 1U);
  EXPECT_EQ(early.take_next(place(2, 5))->batch.position.term, 2U);
}

TEST(EarlyBatches, AreBoundedInNumberAndTheNearestStay) {
  EarlyBatches early;
  for (std::uint64_t i = EarlyBatches::kMaxBatches + 100; i > 0; --i) {
    early.keep(received(1, 5 + i));
  }
  EXPECT_EQ(early.size(), EarlyBatches::kMaxBatches);
  EXPECT_TRUE(early.take_next(place(1, 5)).has_value());
}

TEST(EarlyBatches, AreBoundedInBytes) {
  EarlyBatches early;
  const std::string large(std::size_t{1} << 20U, 'x');
  for (std::uint64_t i = 1; i <= 20; ++i) early.keep(received(1, 5 + i, large));
  EXPECT_EQ(early.size(), 16U);
  for (std::uint64_t i = 1; i <= 16; ++i) {
    EXPECT_TRUE(early.take_next(place(1, 4 + i)).has_value());
  }
  early.keep(received(1, 30, large));
  EXPECT_EQ(early.size(), 1U);
}

}  // namespace
}  // namespace rescind::feed

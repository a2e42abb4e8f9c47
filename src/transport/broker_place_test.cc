#include "transport/broker_place.h"

#include <gtest/gtest.h>

#include <map>

#include "feed/authority_for_test.h"

namespace rescind::transport {
namespace {

// A log of positions, none where something else lies, from some offset on.
struct LogForTest {
  std::int64_t first = 0;
  std::vector<std::optional<std::uint64_t>> numbers;
  int probes = 0;

  BrokerRange all() const {
    return {.first = first, .end = first + static_cast<std::int64_t>(numbers.size())};
  }
  std::int64_t after(std::uint64_t number) {
    probes = 0;
    const auto found = offset_after(all(), {.term = 1, .number = number},
                                    [this](BrokerRange range) { return probe(range); });
    EXPECT_TRUE(found);
    return *found;
  }
  Result<std::optional<FoundWord>> probe(BrokerRange range) {
    ++probes;
    EXPECT_GE(range.first, first);
    EXPECT_LT(range.first, range.end);
    EXPECT_LE(range.end, all().end);
    for (std::int64_t at = range.first; at < std::min(range.end, range.first + kProbeMessages);
         ++at) {
      if (const auto number = numbers[static_cast<std::size_t>(at - first)]) {
        return FoundWord{.offset = at, .position = {.term = 1, .number = *number}};
      }
    }
    return std::nullopt;
  }
};

TEST(BrokerPlace, WhateverComesAfterAPositionLiesFromThereOn) {
  LogForTest log{.first = 1000};
  for (std::uint64_t number = 500; number < 100'500; ++number) {
    log.numbers.emplace_back(number);
    if (number % 7 == 0) log.numbers.emplace_back(number);         // a heartbeat
    if (number % 11 == 0) log.numbers.emplace_back(std::nullopt);  // something strange
  }
  for (const std::uint64_t known : {500U, 501U, 777U, 20'000U, 99'999U, 100'498U, 100'499U}) {
    const std::int64_t from = log.after(known);
    std::int64_t next = log.first;
    while (log.numbers[static_cast<std::size_t>(next - log.first)].value_or(0) < known) ++next;
    EXPECT_LE(from, next + 1) << known;
    EXPECT_GE(from, next - 1000) << known;
    EXPECT_LE(log.probes, 25) << known;
  }
}

TEST(BrokerPlace, WhatLiesBeforeTheLogAndNothingIsReadFromItsBeginning) {
  LogForTest log{.first = 70};
  EXPECT_EQ(log.after(5), 70);
  for (std::uint64_t number = 100; number < 5000; ++number) log.numbers.emplace_back(number);
  EXPECT_EQ(log.after(99), 70);
  log.numbers.assign(1000, std::nullopt);
  EXPECT_EQ(log.after(99), 70);
  EXPECT_EQ(*offset_after(log.all(), {},
                          [](BrokerRange) -> Result<std::optional<FoundWord>> {
                            return fail(ErrorCode::kInternal, "is not asked");
                          }),
            70);
}

TEST(BrokerPlace, AProbeThatFailsIsTheAnswer) {
  const auto found = offset_after({.first = 0, .end = 9}, {.term = 1, .number = 1},
                                  [](BrokerRange) -> Result<std::optional<FoundWord>> {
                                    return fail(ErrorCode::kUnavailable, "gone");
                                  });
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kUnavailable);
}

TEST(BrokerPlace, AWordSaysWhereTheFeedWas) {
  feed::AuthorityForTest authority;
  const feed::Sealed batch = authority.revoke({feed::revoke_session("s")});
  EXPECT_EQ(place_of(batch.jws), batch.position);
  EXPECT_EQ(place_of(authority.heartbeat()), batch.position);
  EXPECT_EQ(place_of("hello"), std::nullopt);
  EXPECT_EQ(place_of(""), std::nullopt);
}

}  // namespace
}  // namespace rescind::transport

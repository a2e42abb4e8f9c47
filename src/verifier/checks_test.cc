#include "verifier/checks.h"

#include <gtest/gtest.h>

namespace rescind::verifier {
namespace {

constexpr std::int64_t kNow = 1'800'000'000'000;
constexpr std::int64_t kSecond = 1000;

std::optional<Reason> dates(std::optional<std::int64_t> expires, std::int64_t leeway_seconds = 0,
                            std::optional<std::int64_t> not_before = std::nullopt,
                            std::optional<std::int64_t> issued = kNow - 10 * kSecond,
                            std::int64_t floor = kNow) {
  Options options;
  options.leeway = std::chrono::seconds(leeway_seconds);
  options.max_token_lifetime = std::chrono::seconds(3600);
  return refused_by_dates({expires, not_before, issued}, {.now_ms = kNow, .floor_ms = floor},
                          options);
}

TEST(Dates, CountTheLeewayOnce) {
  struct Case {
    std::int64_t expires_in_seconds, leeway_seconds;
    bool accepted;
  };
  // security D17: accepted iff now < exp + leeway.
  for (const Case& c : {Case{-1, 0, false}, Case{0, 0, false}, Case{1, 0, true},
                        Case{-59, 60, true}, Case{-60, 60, false}, Case{-61, 60, false}}) {
    const auto reason = dates(kNow + c.expires_in_seconds * kSecond, c.leeway_seconds, std::nullopt,
                              kNow - 100 * kSecond);
    EXPECT_EQ(!reason, c.accepted) << c.expires_in_seconds << " leeway " << c.leeway_seconds;
    if (reason) {
      EXPECT_EQ(*reason, Reason::kExpired);
    }
  }
}

TEST(Dates, AMissingExpiryIsARefusalAndNotForEver) {
  EXPECT_EQ(dates(std::nullopt), Reason::kClaim);
}

TEST(Dates, WhatHasBeenPurgedStaysExpiredUnderAClockThatWasSetBack) {
  const std::int64_t expires = kNow + 60 * kSecond;
  EXPECT_EQ(dates(expires), std::nullopt);
  EXPECT_EQ(dates(expires, 0, std::nullopt, kNow - kSecond, expires), Reason::kExpired);
  EXPECT_EQ(dates(expires, 0, std::nullopt, kNow - kSecond, expires - 1), std::nullopt);
}

TEST(Dates, RefuseWhatBeginsLater) {
  const std::int64_t expires = kNow + 300 * kSecond;
  EXPECT_EQ(dates(expires, 0, kNow), std::nullopt);
  EXPECT_EQ(dates(expires, 0, kNow + 1), Reason::kNotYetValid);
  EXPECT_EQ(dates(expires, 60, std::nullopt, kNow + 60 * kSecond), std::nullopt);
  EXPECT_EQ(dates(expires, 60, std::nullopt, kNow + 60 * kSecond + 1), Reason::kNotYetValid);
}

TEST(Dates, BoundALife) {
  const std::int64_t issued = kNow - 10 * kSecond;
  EXPECT_EQ(dates(issued + 3600 * kSecond), std::nullopt);
  EXPECT_EQ(dates(issued + 3600 * kSecond + 1), Reason::kClaim);
  // Without iat, what is left of it.
  EXPECT_EQ(dates(kNow + 3600 * kSecond, 0, std::nullopt, std::nullopt), std::nullopt);
  EXPECT_EQ(dates(kNow + 3600 * kSecond + 1, 0, std::nullopt, std::nullopt), Reason::kClaim);
}

TEST(Type, IsComparedAsAMediaType) {
  // security D21.
  for (const char* good : {"at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+jwt"}) {
    EXPECT_TRUE(type_matches(good, "at+jwt")) << good;
  }
  for (const char* bad : {"JWT", "secevent+jwt", "logout+jwt", "", "application/",
                          "application/application/at+jwt", "at+jwt ", "text/at+jwt"}) {
    EXPECT_FALSE(type_matches(bad, "at+jwt")) << bad;
  }
}

}  // namespace
}  // namespace rescind::verifier

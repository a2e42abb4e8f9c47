#include "gateway/forward_auth/behind.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace rescind::gateway {
namespace {

Now at(std::int64_t ms) { return {.wall = {}, .boot = BootTime(Milliseconds(ms))}; }

std::optional<Position> wanted(const std::vector<std::string>& values) {
  net::Request request;
  for (const std::string& value : values) {
    request.headers.add("revocation-position", value);
  }
  return wanted_position(request);
}

TEST(WantedPosition, IsTheGreatestOfThoseThatAreSome) {
  EXPECT_EQ(wanted({}), std::nullopt);
  EXPECT_EQ(wanted({"7.12"}), (Position{7, 12}));
  EXPECT_EQ(wanted({"7.12", "8.1", "nonsense", "7.99"}), (Position{8, 1}));
  for (const char* text :
       {"", "7", "7.", ".7", "7.1.2", "07.1", "7.01", "-7.1", "7.-1", "+7.1", "7,1", "7.1, 8.1",
        "7.1 ", "0x7.1", "7.1e3", "18446744073709551616.1", "1.18446744073709551616"}) {
    EXPECT_EQ(wanted({text}), std::nullopt) << text;
  }
  EXPECT_EQ(wanted({"18446744073709551615.18446744073709551615"}),
            (Position{UINT64_MAX, UINT64_MAX}));
}

TEST(Behind, WaitsForThePositionOrUntilTheTimeIsOver) {
  Behind behind(Milliseconds(250));
  std::string over;
  const auto wait = [&](const char* name, Position wanted, std::int64_t now) {
    return behind.wait(name, wanted, at(now).boot, [&over, name](Now) { over += name; });
  };
  EXPECT_EQ(behind.step(at(0), {7, 1}), BootTime::max());
  ASSERT_TRUE(wait("a", {7, 2}, 0));
  ASSERT_TRUE(wait("b", {7, 3}, 10));
  ASSERT_TRUE(wait("c", {8, 1}, 20));
  EXPECT_EQ(behind.step(at(30), {7, 1}), at(250).boot);
  EXPECT_EQ(over, "");
  behind.step(at(40), {7, 2});
  EXPECT_EQ(over, "a");
  EXPECT_EQ(behind.step(at(249), {7, 2}), at(260).boot);
  behind.step(at(260), {7, 2});
  EXPECT_EQ(over, "ab");
  behind.step(at(261), {8, 4});
  EXPECT_EQ(over, "abc") << "a later term is after every position of the one before";
  EXPECT_EQ(behind.waiting(), 0U);
}

TEST(Behind, LetsFewWaitAndOfOneTokenFewer) {
  Behind behind(Milliseconds(250));
  int over = 0;
  const auto wait = [&](const std::string& token) {
    return behind.wait(token, {7, 2}, at(0).boot, [&over](Now) { ++over; });
  };
  for (std::size_t i = 0; i < Behind::kMaxOfOne; ++i) ASSERT_TRUE(wait("one"));
  EXPECT_FALSE(wait("one"));
  for (std::size_t i = Behind::kMaxOfOne; i < Behind::kMaxWaiting; ++i) {
    ASSERT_TRUE(wait(std::to_string(i)));
  }
  EXPECT_FALSE(wait("one more"));
  behind.step(at(250), {7, 1});
  EXPECT_EQ(over, static_cast<int>(Behind::kMaxWaiting));
  EXPECT_TRUE(wait("one"));
}

TEST(Behind, TakesNobodyWhereNobodyIsToWait) {
  Behind none(Milliseconds(0));
  EXPECT_FALSE(none.wait("a", {7, 2}, at(0).boot, [](Now) { FAIL(); }));
}

TEST(Behind, LetsWhoeverIsAnsweredWaitAgain) {
  Behind behind(Milliseconds(250));
  bool again = false;
  behind.wait("a", {7, 2}, at(0).boot,
              [&](Now now) { again = behind.wait("a", {7, 3}, now.boot, [](Now) {}); });
  behind.step(at(1), {7, 2});
  EXPECT_TRUE(again);
  EXPECT_EQ(behind.waiting(), 1U);
}

}  // namespace
}  // namespace rescind::gateway

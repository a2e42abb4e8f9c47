#include "issuer/jwks_fetcher.h"

#include <gtest/gtest.h>

#include <deque>

#include "jwt/signing_key.h"

namespace rescind::issuer {
namespace {

using std::chrono::seconds;

std::string new_jwk() {
  return jwt::SigningKey::generate(jwt::Algorithm::kEs256)->public_key().public_jwk();
}
std::string key_set_with(const std::vector<std::string>& jwks) {
  std::string text = R"({"keys":[)";
  for (const std::string& jwk : jwks) text += (text.ends_with('[') ? "" : ",") + jwk;
  return text + "]}";
}

constexpr std::string_view kIssuer = "https://id.example";
constexpr std::string_view kKeysAt = "https://id.example/jwks";

// A fetcher in simulated time, and an issuer that answers when the test says so.
struct World {
  struct Asked {
    std::string url;
    std::function<void(Result<std::string>)> then;
  };

  explicit World(bool by_discovery = false) {
    JwksFetcher::Options options{.issuer = std::string(kIssuer)};
    if (!by_discovery) options.jwks_url = kKeysAt;
    auto opened = JwksFetcher::open(
        options,
        [this](const std::string& url, std::function<void(Result<std::string>)> then) {
          asked.push_back({url, std::move(then)});
        },
        [this](JwksFetcher::Keys keys) { published.push_back(std::move(keys)); }, random, log,
        [this] { ++wakes; });
    fetcher = *std::move(opened);
    step();
  }
  void step() { deadline = fetcher->step(clock.now()); }
  void advance(std::chrono::nanoseconds by) {
    clock.advance(by);
    step();
  }
  void answer(Result<std::string> text) {
    ASSERT_FALSE(asked.empty());
    const Asked one = std::move(asked.front());
    asked.pop_front();
    one.then(std::move(text));
    step();
  }
  std::size_t keys() const { return published.empty() ? 0 : published.back()->keys().size(); }

  ManualClock clock{{wall_from_seconds(1'800'000'000), BootTime(seconds(1000))}};
  SeededRandom random{1};
  NullLog log;
  std::deque<Asked> asked;
  std::vector<JwksFetcher::Keys> published;
  int wakes = 0;
  BootTime deadline{};
  std::unique_ptr<JwksFetcher> fetcher;
};

TEST(JwksFetcher, FetchesAtTheStartAndFromTimeToTime) {
  World world;
  ASSERT_EQ(world.asked.size(), 1U);
  EXPECT_EQ(world.asked[0].url, kKeysAt);
  EXPECT_FALSE(world.fetcher->has_keys());
  world.answer(key_set_with({new_jwk(), new_jwk()}));
  EXPECT_TRUE(world.fetcher->has_keys());
  EXPECT_EQ(world.keys(), 2U);
  EXPECT_EQ(world.deadline, world.clock.now().boot + seconds(600));

  world.advance(seconds(599));
  EXPECT_TRUE(world.asked.empty());
  world.advance(seconds(1));
  ASSERT_EQ(world.asked.size(), 1U);
  world.answer(key_set_with({new_jwk()}));
  EXPECT_EQ(world.keys(), 1U);
}

TEST(JwksFetcher, TellsNothingWhereNothingHasChanged) {
  World world;
  const std::string keys = key_set_with({new_jwk()});
  world.answer(keys);
  world.advance(seconds(600));
  world.answer(keys);
  EXPECT_EQ(world.published.size(), 1U);
}

TEST(JwksFetcher, FindsTheKeysByDiscovery) {
  World world(true);
  ASSERT_EQ(world.asked.size(), 1U);
  EXPECT_EQ(world.asked[0].url, "https://id.example/.well-known/openid-configuration");
  world.answer(R"({"issuer":"https://id.example","jwks_uri":"https://id.example/jwks"})");
  ASSERT_EQ(world.asked.size(), 1U);
  EXPECT_EQ(world.asked[0].url, kKeysAt);
  world.answer(key_set_with({new_jwk()}));
  EXPECT_EQ(world.keys(), 1U);

  world.advance(seconds(31));  // an unknown key: the place is known by now
  world.fetcher->on_unknown_key();
  world.step();
  ASSERT_EQ(world.asked.size(), 1U);
  EXPECT_EQ(world.asked[0].url, kKeysAt);
}

// security.md C2, D36.
TEST(JwksFetcher, IsNotDrivenByWhoInventsAKeyPerRequest) {
  World world;
  world.answer(key_set_with({new_jwk()}));
  world.advance(seconds(40));
  const auto before = world.fetcher->counters().fetches;
  for (int i = 0; i < 60'000; ++i) {
    world.fetcher->on_unknown_key();
    if (i % 100 == 0) world.step();
    world.clock.advance(Milliseconds(1));
    if (!world.asked.empty()) world.answer(key_set_with({new_jwk()}));
  }
  EXPECT_LE(world.fetcher->counters().fetches - before, 2U);
  EXPECT_GE(world.fetcher->counters().fetches - before, 1U);
  EXPECT_LE(world.wakes, 10);
}

TEST(JwksFetcher, FetchesOnceForManyWhoMeetAnUnknownKey) {
  World world;
  world.answer(key_set_with({new_jwk()}));
  world.advance(seconds(30));
  for (int i = 0; i < 10; ++i) {
    world.fetcher->on_unknown_key();
    world.step();
  }
  EXPECT_EQ(world.asked.size(), 1U);
  world.answer(key_set_with({new_jwk(), new_jwk()}));
  EXPECT_EQ(world.keys(), 2U);
  world.advance(seconds(60));
  EXPECT_TRUE(world.asked.empty()) << "what came in before the answer is answered by it";
}

TEST(JwksFetcher, RemembersAnUnknownKeyUntilItHasCooledDown) {
  World world;
  world.answer(key_set_with({new_jwk()}));
  world.advance(seconds(10));
  world.fetcher->on_unknown_key();
  world.step();
  EXPECT_TRUE(world.asked.empty());
  EXPECT_EQ(world.deadline, world.clock.now().boot + seconds(20));
  world.advance(seconds(20));
  EXPECT_EQ(world.asked.size(), 1U);
}

// security.md C3, D37: what comes is taken whole or not at all.
TEST(JwksFetcher, KeepsItsKeysWhateverComes) {
  const Result<std::string> answers[] = {
      fail(ErrorCode::kUnavailable, "the issuer answers 500"),
      fail(ErrorCode::kTimeout, "no answer in time"),
      fail(ErrorCode::kTooLarge, "the answer is too long"),
      std::string(),
      std::string("<html>Bad gateway</html>"),
      std::string(R"({"keys":[]})"),
      std::string(R"({"keys":{}})"),
      std::string(
          R"({"keys":[{"kty":"oct","kid":"a","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U"}]})"),
      std::string(R"({"keys":[{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB"}]})"),
      std::string(600'000, ' ') + R"({"keys":[]})",
  };
  World world;
  world.answer(key_set_with({new_jwk()}));
  for (const Result<std::string>& answer : answers) {
    while (world.asked.empty()) world.advance(seconds(1));
    world.answer(answer);
    EXPECT_EQ(world.published.size(), 1U);
  }
  EXPECT_EQ(world.fetcher->counters().failures, std::size(answers));
  while (world.asked.empty()) world.advance(seconds(1));
  world.answer(key_set_with({new_jwk(), new_jwk()}));
  EXPECT_EQ(world.keys(), 2U);
}

TEST(JwksFetcher, TakesTheGoodKeysOfASetWithASecretInIt) {
  World world;
  const std::string secret =
      R"({"kty":"oct","kid":"hs","alg":"HS256","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U"})";
  world.answer(key_set_with({secret, new_jwk()}));
  ASSERT_EQ(world.keys(), 1U);
  EXPECT_EQ(world.published.back()->find("hs"), nullptr);
}

TEST(JwksFetcher, TakesSixtyFourKeysAndNoneOfSixtyFive) {
  std::vector<std::string> jwks;
  for (int i = 0; i < 64; ++i) jwks.push_back(new_jwk());
  World world;
  world.answer(key_set_with(jwks));
  EXPECT_EQ(world.keys(), 64U);
  jwks.push_back(new_jwk());
  world.advance(seconds(600));
  world.answer(key_set_with(jwks));
  EXPECT_EQ(world.keys(), 64U);
  EXPECT_EQ(world.fetcher->counters().failures, 1U);
}

TEST(JwksFetcher, TriesAgainSoonerAtFirstAndThenLessOften) {
  World world;
  Milliseconds full(1000);
  for (int i = 0; i < 8; ++i) {
    ASSERT_EQ(world.asked.size(), 1U);
    const BootTime failed_at = world.clock.now().boot;
    world.answer(fail(ErrorCode::kUnavailable, "connection refused"));
    const auto pause = world.deadline - failed_at;
    EXPECT_GE(pause, full / 2);
    EXPECT_LE(pause, full);
    full = std::min(Milliseconds(30'000), full * 2);
    world.advance(pause);
  }
}

TEST(JwksFetcher, LetsGoOfKeysThatAreTooOld) {
  World world;
  world.answer(key_set_with({new_jwk()}));
  for (int hour = 0; hour < 23; ++hour) {
    world.advance(seconds(3600));
    if (!world.asked.empty()) world.answer(fail(ErrorCode::kUnavailable, "gone"));
  }
  EXPECT_EQ(world.keys(), 1U);
  EXPECT_TRUE(world.fetcher->has_keys());
  world.advance(seconds(3600));
  EXPECT_EQ(world.keys(), 0U);
  EXPECT_FALSE(world.fetcher->has_keys());
  if (world.asked.empty()) world.advance(seconds(30));
  world.answer(key_set_with({new_jwk()}));
  EXPECT_EQ(world.keys(), 1U);
}

TEST(JwksFetcher, TakesNoAnswerAfterItsEnd) {
  World world;
  world.fetcher.reset();
  world.asked.front().then(key_set_with({new_jwk()}));
  EXPECT_TRUE(world.published.empty());
}

TEST(JwksFetcher, RefusesAUrlThatMayNotBeFetched) {
  World world;
  for (const std::string_view url : {"http://id.example", "http://169.254.169.254", "file:///x"}) {
    const auto opened = JwksFetcher::open(
        {.issuer = std::string(url)}, [](const auto&, const auto&) {}, [](const auto&) {},
        world.random, world.log, [] {});
    EXPECT_FALSE(opened) << url;
  }
}

}  // namespace
}  // namespace rescind::issuer

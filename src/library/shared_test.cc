// A Checker over the index that an agent shares.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <future>
#include <map>

#include "base/allocations_for_test.h"
#include "library/shared_source.h"
#include "library/world_testing.h"

namespace rescind::library {
namespace {

TEST(SharedIndex, DecidesByWhatTheAgentKnows) {
  SharedWorld world;
  world.start_agent();
  const auto checker = world.checker();
  const std::string token = world.token();
  const Decision decision = checker->verify(token);
  ASSERT_EQ(word_of(decision), "accepted");
  EXPECT_EQ(decision.claims()->subject, "u1");
  EXPECT_EQ(decision.claims()->session_id, "s-u1");
  world.region->revoke("jti", "j-1");
  EXPECT_EQ(word_of(checker->verify(token)), "revoked");
  EXPECT_EQ(word_of(checker->verify(world.token("u1", "j-2"))), "accepted");
}

TEST(SharedIndex, WaitsForAPositionThatTheCallerKnowsOf) {
  SharedWorld world;
  world.start_agent();  // at 1.1
  const auto checker = world.checker();
  const auto accepting = world.checker(R"(,"on_stale":"accept")");
  const std::string token = world.token();
  const auto at = [&](std::string_view position, Milliseconds wait = Milliseconds(0)) {
    return word_of(checker->verify_at(token, position, wait));
  };
  EXPECT_EQ(at("1.1"), "accepted");
  EXPECT_EQ(at("0.9"), "accepted");
  EXPECT_EQ(at("1.2"), "stale") << "by the policy, at once";
  EXPECT_EQ(word_of(accepting->verify_at(token, "1.2", Milliseconds(0))), "accepted while stale");
  for (const char* none : {"", "1", "1.2.3", "one", "-1.2"})
    EXPECT_EQ(at(none), "accepted") << none;
  EXPECT_EQ(word_of(checker->verify_at("nonsense", "1.2", Checker::kMaxWait)), "malformed");

  auto waiting = std::async(std::launch::async, [&] { return at("1.2", Checker::kMaxWait); });
  world.region->revoke("jti", "j-1");
  EXPECT_EQ(waiting.get(), "revoked") << "no wait for what is refused anyway";
  const std::string other = world.token("u1", "j-2");
  waiting = std::async(std::launch::async, [&] {
    return word_of(checker->verify_at(other, "1.2", Checker::kMaxWait));
  });
  world.region->hear(world.clock.now());
  EXPECT_EQ(waiting.get(), "accepted") << "it has come";
}

TEST(SharedIndex, WaitsNoLongerThanItIsToldAndASecond) {
  for (const Milliseconds wait : {Milliseconds(20), Milliseconds(60'000)}) {
    SharedWorld world;
    world.start_agent();
    const auto checker = world.checker();
    const std::string token = world.token();
    auto waiting = std::async(std::launch::async,
                              [&] { return word_of(checker->verify_at(token, "1.2", wait)); });
    // The time of this world, in steps, so that more of it would be seen.
    Milliseconds passed{0};
    while (waiting.wait_for(Milliseconds(2)) != std::future_status::ready &&
           passed < Milliseconds(20'000)) {
      world.clock.advance(Milliseconds(5));
      passed += Milliseconds(5);
    }
    EXPECT_EQ(waiting.get(), "stale");
    EXPECT_GE(passed, std::min(wait, Checker::kMaxWait));
    EXPECT_LT(passed, Milliseconds(20'000));
  }
}

TEST(SharedIndex, LetsOnlySoManyWait) {
  SharedWorld world;
  world.start_agent();
  const auto checker = world.checker();
  const std::string token = world.token();
  std::vector<std::future<std::string>> waiting;
  for (std::size_t i = 0; i <= Checker::kMaxWaiting; ++i) {
    waiting.push_back(std::async(std::launch::async, [&] {
      return word_of(checker->verify_at(token, "1.2", Checker::kMaxWait));
    }));
  }
  const auto over = [&] {
    return std::ranges::count_if(waiting, [](const auto& one) {
      return one.wait_for(Milliseconds(0)) == std::future_status::ready;
    });
  };
  ASSERT_TRUE(eventually([&] { return over() == 1; })) << "one too many, and time stands still";
  world.region->hear(world.clock.now());
  std::map<std::string, std::size_t> words;
  for (auto& one : waiting) ++words[one.get()];
  EXPECT_EQ(words,
            (std::map<std::string, std::size_t>{{"accepted", Checker::kMaxWaiting}, {"stale", 1}}));
}

TEST(SharedIndex, TellsOfClaimsThatSomebodyElseHasVerified) {
  SharedWorld world;
  world.start_agent();
  const auto checker = world.checker();
  const Decision good = checker->is_revoked(test_payload(), std::nullopt);
  EXPECT_EQ(word_of(good), "accepted");
  EXPECT_EQ(good.claims(), nullptr) << "nothing here has verified them";
  world.region->revoke("sid", "s-u1");
  EXPECT_EQ(word_of(checker->is_revoked(test_payload(), std::nullopt)), "revoked");
  EXPECT_EQ(word_of(checker->is_revoked(test_payload("u2"), std::nullopt)), "accepted");
  EXPECT_EQ(word_of(checker->is_revoked("{", std::nullopt)), "json");
  EXPECT_EQ(word_of(checker->is_revoked("{}", std::nullopt)), "claim");
  world.region->revoke("kid", "k-1");
  EXPECT_EQ(word_of(checker->is_revoked(test_payload("u2"), "k-1")), "revoked");
  EXPECT_EQ(word_of(checker->is_revoked(test_payload("u2"), "k-2")), "accepted");
}

TEST(SharedIndex, MayComeLater) {
  SharedWorld world;
  const auto checker = world.checker();
  const std::string token = world.token();
  EXPECT_EQ(word_of(checker->verify(token)), "stale");
  EXPECT_FALSE(checker->state().fresh);
  EXPECT_THAT(checker->state().error, testing::HasSubstr(world.path()));
  world.start_agent();
  EXPECT_EQ(word_of(checker->verify(token)), "stale") << "looked for just now";
  world.clock.advance(Milliseconds(100));
  EXPECT_EQ(word_of(checker->verify(token)), "accepted");
  EXPECT_EQ(checker->state().error, "");
}

TEST(SharedIndex, GrowsStaleWhenItsAgentStops) {
  SharedWorld world;
  world.start_agent();
  const auto checker = world.checker(R"(,"max_staleness_ms":5000)");
  const auto accepting = world.checker(R"(,"max_staleness_ms":5000,"on_stale":"accept")");
  const std::string token = world.token();
  world.clock.advance(Milliseconds(5000));
  EXPECT_EQ(word_of(checker->verify(token)), "accepted");
  world.clock.advance(Milliseconds(2));
  EXPECT_EQ(word_of(checker->verify(token)), "stale");
  EXPECT_EQ(word_of(accepting->verify(token)), "accepted while stale");
  const Decision claims = accepting->is_revoked(test_payload(), std::nullopt);
  EXPECT_EQ(word_of(claims), "accepted while stale");
  world.region->hear(world.clock.now());
  EXPECT_EQ(word_of(checker->verify(token)), "accepted");
}

TEST(SharedIndex, IsThatOfTheNewAgentAtTheNextCheck) {
  SharedWorld world;
  world.start_agent();
  const auto checker = world.checker();
  const std::string token = world.token();
  ASSERT_EQ(word_of(checker->verify(token)), "accepted");
  const std::uint64_t signatures = checker->state().signatures;
  world.start_agent();
  world.region->revoke("jti", "j-2");
  EXPECT_EQ(word_of(checker->verify(world.token("u1", "j-2"))), "revoked");
  EXPECT_EQ(word_of(checker->verify(token)), "accepted");
  EXPECT_EQ(checker->state().signatures, signatures + 1) << "the other one was seen before";
}

TEST(SharedIndex, IsFoundAnewThoughNobodyCouldTellTheOldOne) {
  SharedWorld world;
  world.start_agent();
  const auto checker = world.checker();
  const std::string token = world.token();
  ASSERT_EQ(word_of(checker->verify(token)), "accepted");
  std::filesystem::remove(world.path());
  world.start_agent();
  world.region->revoke("jti", "j-1");
  EXPECT_EQ(word_of(checker->verify(token)), "accepted") << "the old one is still fresh";
  world.clock.advance(Milliseconds(31'000));
  world.region->hear(world.clock.now());
  EXPECT_EQ(word_of(checker->verify(token)), "revoked");
}

TEST(SharedIndex, BringsTheIssuersKeys) {
  SharedWorld world;
  world.start_agent();
  const auto checker = world.checker();
  const std::string old_token = world.token();
  const std::string new_token = sign_compact(world.other_key, "at+jwt", test_payload());
  EXPECT_EQ(word_of(checker->verify(old_token)), "accepted");
  EXPECT_EQ(word_of(checker->verify(new_token)), "unknown_key");
  world.region->share({&world.key, &world.other_key});
  EXPECT_EQ(word_of(checker->verify(new_token)), "accepted");
  EXPECT_EQ(word_of(checker->verify(old_token)), "accepted");
  world.region->share({&world.other_key});
  EXPECT_EQ(word_of(checker->verify(old_token)), "unknown_key") << "though it was seen before";
  world.region->share({});
  EXPECT_EQ(word_of(checker->verify(new_token)), "stale") << "there are no keys";
}

TEST(SharedIndex, HasNoSecretsSoTheyComeFromTheConfiguration) {
  SharedWorld world;
  world.start_agent();
  const std::string config =
      R"({"index":")" + world.path() + R"(","issuers":[{"issuer":")" + kIssuer +
      R"(","audiences":["api"],"algorithms":["HS256"],)"
      R"("shared_secret":"0123456789abcdef0123456789abcdef","shared_secret_kid":"hs-1"}]})";
  const auto checker = Checker::open(config, world.clock, world.random);
  ASSERT_TRUE(checker) << checker.error().message;
  // The key that the agent shares for the same issuer is not allowed.
  EXPECT_EQ(word_of((*checker)->verify(world.token())), "algorithm");
}

TEST(SharedIndex, IsNotBelievedWhenOthersMayWriteIt) {
  SharedWorld world;
  world.start_agent();
  ASSERT_EQ(::chmod(world.path().c_str(), 0666), 0);
  const auto opened = Checker::open(world.config(), world.clock, world.random);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kUnauthorized);
}

TEST(SharedIndex, IsNotBelievedWhenItBelongsToSomebodyElse) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  SharedWorld world;
  world.start_agent();
  ASSERT_EQ(::chown(world.path().c_str(), 12'345, static_cast<gid_t>(-1)), 0);
  const auto opened = Checker::open(world.config(), world.clock, world.random);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kUnauthorized);
  const auto named =
      Checker::open(world.config(R"(,"index_owner":12345)"), world.clock, world.random);
  ASSERT_TRUE(named) << named.error().message;
  EXPECT_EQ(word_of((*named)->verify(world.token())), "accepted");
}

TEST(SharedIndex, IsNotBelievedWhenItIsDamagedOrNone) {
  SharedWorld world;
  world.start_agent();
  const auto size = std::filesystem::file_size(world.path());
  for (const std::size_t wrong_at : {std::size_t{0}, std::size_t{40}}) {
    world.start_agent();
    std::fstream file(world.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(wrong_at));
    file.put('\x5a');
    file.close();
    const auto opened = Checker::open(world.config(), world.clock, world.random);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
  }
  world.start_agent();
  std::filesystem::resize_file(world.path(), size - 4096);
  EXPECT_FALSE(Checker::open(world.config(), world.clock, world.random));
  std::ofstream(world.path(), std::ios::trunc) << "hello";
  EXPECT_FALSE(Checker::open(world.config(), world.clock, world.random));
}

TEST(SharedIndex, WithDamagedKeysKnowsNone) {
  SharedWorld world;
  world.start_agent();
  ASSERT_TRUE(world.region->index().set_keys("not json"));
  const auto checker = world.checker();
  EXPECT_EQ(word_of(checker->verify(world.token())), "stale");
  EXPECT_EQ(word_of(checker->is_revoked(test_payload(), std::nullopt)), "accepted");
  world.region->share({&world.key});
  EXPECT_EQ(word_of(checker->verify(world.token())), "accepted");
}

// A child process that writes as an agent does: one letter in, one letter out.
class AgentProcess {
 public:
  explicit AgentProcess(SharedWorld& world) {
    CHECK(::pipe(to_.data()) == 0 && ::pipe(from_.data()) == 0);
    child_ = ::fork();
    if (child_ == 0) serve(world);
    CHECK(ask('s') == 'k');
  }
  ~AgentProcess() {
    kill();
    for (const int end : {to_[0], to_[1], from_[0], from_[1]}) ::close(end);
  }
  char ask(char what) {
    char answer = 0;
    CHECK(::write(to_[1], &what, 1) == 1 && ::read(from_[0], &answer, 1) == 1);
    return answer;
  }
  void kill() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(std::exchange(child_, 0), nullptr, 0);
  }

 private:
  [[noreturn]] void serve(SharedWorld& world) const {
    char what = 0;
    while (::read(to_[0], &what, 1) == 1) {
      if (what == 's') world.start_agent();
      if (what == 'r') world.region->revoke("jti", "j-1");
      if (::write(from_[1], "k", 1) != 1) break;
    }
    ::_exit(0);
  }

  std::array<int, 2> to_{};
  std::array<int, 2> from_{};
  pid_t child_ = 0;
};

TEST(SharedIndex, IsWrittenByAnotherProcess) {
  SharedWorld world;
  AgentProcess agent(world);
  const auto checker = world.checker();
  const std::string token = world.token();
  ASSERT_EQ(word_of(checker->verify(token)), "accepted");
  agent.ask('r');
  EXPECT_EQ(word_of(checker->verify(token)), "revoked");
  EXPECT_EQ(word_of(checker->verify(world.token("u1", "j-2"))), "accepted");

  agent.kill();
  EXPECT_EQ(word_of(checker->verify(token)), "revoked");
  world.clock.advance(Milliseconds(31'000));
  EXPECT_EQ(word_of(checker->verify(world.token("u1", "j-3"))), "stale");
  world.clock.advance(Milliseconds(100));
  world.start_agent();
  EXPECT_EQ(word_of(checker->verify(world.token("u1", "j-3"))), "accepted");
}

TEST(SharedIndex, AllocatesNothingForATokenThatWasSeenBefore) {
  SharedWorld world;
  world.start_agent();
  const auto checker = world.checker();
  const std::string token = world.token();
  for (int i = 0; i < 3; ++i) ASSERT_EQ(word_of(checker->verify(token)), "accepted");
  const std::size_t before = allocations_of_this_thread();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(checker->verify(token).accepted());
  EXPECT_EQ(allocations_of_this_thread(), before);
}

}  // namespace
}  // namespace rescind::library

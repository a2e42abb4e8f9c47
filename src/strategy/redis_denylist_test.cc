#include "strategy/redis_denylist.h"

#include <gtest/gtest.h>

#include <csignal>

#include "base/random.h"
#include "net/redis_server.h"
#include "strategy/denylist_keeper.h"

namespace rescind::strategy {
namespace {

using revocation::Entry;
using revocation::Reason;
using verifier::Answer;

constexpr revocation::UntilSeconds kUntil = 4'000'000'000;  // the year 2096

// A keeper and who asks, on a server of this machine.
class RedisDenylistTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto server = net::RedisServer::get();
    if (!server) GTEST_SKIP() << server.error().message;
    server_ = *server;
    index_ = *revocation::Index::create(random_, {});
    frame_ = *revocation::Index::create(random_, {});
    revocation::Rules rules{{{.issuer = "https://auth.test",
                              .session_claims = {"sid"},
                              .longest_lifetime = std::chrono::hours(1),
                              .longest_session = std::chrono::hours(1)}}};
    rules_ = std::make_shared<const revocation::Rules>(std::move(rules));
    keep();
    ask_by(name_);
  }

  void keep() {
    keeper_ = std::make_unique<DenylistKeeper>(
        DenylistKeeper::Options{.address = server_->address(), .name = name_}, clock_, log_);
  }
  void ask_by(const std::string& name) {
    denylist_ = std::make_unique<RedisDenylist>(
        RedisDenylist::Options{.address = server_->address(), .name = name}, loop_, *frame_, clock_,
        log_);
  }

  // What a follower's process does, again and again.
  void follow() {
    if (keeper_ == nullptr) return;
    if (keeper_->wants_all()) {
      std::vector<Entry> all;
      index_->for_each([&](const Entry& entry) { all.push_back(entry); });
      keeper_->add_all(std::move(all));
    }
    keeper_->set_state({.position = {1, ++number_},
                        .at = clock_.now().wall,
                        .purge = clock_.now().wall - std::chrono::hours(1),
                        .rules = {}},
                       rules_);
  }
  bool run_until(const std::function<bool()>& done) {
    const BootTime end = clock_.now().boot + std::chrono::seconds(30);
    std::function<void()> look = [&] {
      follow();
      if (done() || clock_.now().boot > end) return loop_.stop();
      loop_.after(Milliseconds(2), look);
    };
    look();
    loop_.run();
    return done();
  }
  bool ready() const { return frame_->state().ready; }

  void revoke(const Entry& entry) {
    ASSERT_TRUE(index_->apply(entry).has_value());
    keeper_->add({entry});
  }
  static Entry plain(std::uint64_t key, Reason reason = Reason::kRevoked) {
    return {.key = {7, key}, .cut = {}, .until = kUntil, .reason = reason};
  }
  static Entry cut(std::uint64_t key, revocation::Stamp at) {
    return {.key = {8, key}, .cut = at, .until = kUntil, .reason = Reason::kRevoked};
  }

  static verifier::Pending asking(std::shared_ptr<const verifier::Targets> targets) {
    return {.claims = nullptr, .targets = std::move(targets)};
  }
  Answer ask(std::vector<revocation::Key> plain, std::vector<revocation::Key> cuts = {},
             revocation::Stamp stamp = {1, 5}) {
    auto targets = std::make_shared<verifier::Targets>();
    targets->plain = std::move(plain);
    targets->cut = std::move(cuts);
    targets->stamp = stamp;
    std::optional<Answer> answer;
    denylist_->ask("", asking(std::move(targets)), [&](Answer told) { answer = told; });
    EXPECT_TRUE(run_until([&] { return answer.has_value(); }));
    return answer.value_or(Answer::kUnavailable);
  }
  bool becomes(Answer wanted, const std::vector<revocation::Key>& plain,
               const std::vector<revocation::Key>& cuts = {}, revocation::Stamp stamp = {1, 5}) {
    const BootTime end = clock_.now().boot + std::chrono::seconds(20);
    while (ask(plain, cuts, stamp) != wanted) {
      if (clock_.now().boot > end) return false;
    }
    return true;
  }

  SystemClock clock_;
  NullLog log_;
  SeededRandom random_{3};
  net::RedisServer* server_ = nullptr;
  const std::string name_ = "deny." + SystemRandom().hex(8);
  net::Loop loop_;
  std::unique_ptr<revocation::Index> index_;  // the keeper's follower's
  std::unique_ptr<revocation::Index> frame_;  // who asks: rules and freshness
  std::shared_ptr<const revocation::Rules> rules_;
  std::uint64_t number_ = 0;
  std::unique_ptr<DenylistKeeper> keeper_;
  std::unique_ptr<RedisDenylist> denylist_;
};

TEST_F(RedisDenylistTest, TellsWhatIsRevokedAndWhy) {
  ASSERT_TRUE(run_until([&] { return ready(); }));
  EXPECT_EQ(ask({{7, 1}, {7, 2}}), Answer::kActive);
  revoke(plain(1, Reason::kSignedOut));
  EXPECT_TRUE(becomes(Answer::kSignedOut, {{7, 1}, {7, 2}}));
  revoke(plain(2, Reason::kCompromised));
  EXPECT_TRUE(becomes(Answer::kCompromised, {{7, 1}, {7, 2}})) << "the gravest";
  EXPECT_EQ(ask({{7, 3}}), Answer::kActive);
}

TEST_F(RedisDenylistTest, ACutHitsWhatWasStampedBeforeIt) {
  ASSERT_TRUE(run_until([&] { return ready(); }));
  revoke(cut(1, {1, 6}));
  EXPECT_TRUE(becomes(Answer::kInactive, {}, {{8, 1}}, {1, 5}));
  EXPECT_EQ(ask({}, {{8, 1}}, {1, 6}), Answer::kActive);
  revoke(cut(1, {1, 4}));  // an older one takes nothing back
  revoke(plain(9));
  ASSERT_TRUE(becomes(Answer::kInactive, {{7, 9}}));
  EXPECT_EQ(ask({}, {{8, 1}}, {1, 5}), Answer::kInactive);
}

TEST_F(RedisDenylistTest, BringsRulesPositionAndFreshness) {
  ASSERT_TRUE(run_until([&] { return ready(); }));
  EXPECT_EQ(*frame_->rules(), *rules_);
  EXPECT_GT(frame_->state().position.number, 0U);
  EXPECT_LT(frame_->state().freshness.staleness(clock_.now(), Milliseconds(0)),
            std::chrono::seconds(20));
  EXPECT_GT(to_ms(frame_->purge_time()), 0);
}

TEST_F(RedisDenylistTest, EachEntryExpiresByItself) {
  ASSERT_TRUE(run_until([&] { return ready(); }));
  revoke(plain(1));
  Entry for_good = plain(2);
  for_good.until = revocation::kForever;
  revoke(for_good);
  ASSERT_TRUE(becomes(Answer::kInactive, {{7, 1}}));
  ASSERT_TRUE(becomes(Answer::kInactive, {{7, 2}}));
  const auto expires = [&](std::uint64_t key) {
    return server_->run({"EXPIRETIME", denylist_key(name_, {7, key})}).integer;
  };
  EXPECT_EQ(expires(1), static_cast<std::int64_t>(kUntil) + 60) << "and what clocks may differ";
  EXPECT_EQ(expires(2), -1);
}

TEST_F(RedisDenylistTest, JoinsWhatAnotherKeeperHasWritten) {
  ASSERT_TRUE(run_until([&] { return ready(); }));
  const std::string key = denylist_key(name_, {8, 1});
  const DenylistValue graver{
      .reason = Reason::kCompromised, .until = kUntil + 100, .cut = revocation::Stamp{1, 2}};
  server_->run({"SET", key, to_string(graver)});
  revoke(cut(1, {1, 9}));
  revoke(plain(9));
  ASSERT_TRUE(becomes(Answer::kInactive, {{7, 9}}));
  const auto joined = parse_denylist_value(server_->run({"GET", key}).text);
  ASSERT_TRUE(joined.has_value());
  EXPECT_EQ(*joined, (DenylistValue{.reason = Reason::kCompromised,
                                    .until = kUntil + 100,
                                    .cut = revocation::Stamp{1, 9}}));
}

TEST_F(RedisDenylistTest, NobodyVouchesOnceItsKeeperHasGone) {
  ASSERT_TRUE(run_until([&] { return ready(); }));
  keeper_.reset();
  EXPECT_TRUE(run_until([&] {
    return frame_->state().freshness.staleness(clock_.now(), Milliseconds(0)) >
           std::chrono::seconds(2);
  }));
}

TEST_F(RedisDenylistTest, NobodyVouchesWhereThereIsNoKeeper) {
  ask_by("deny.nobody");
  EXPECT_EQ(ask({{7, 1}}), Answer::kActive) << "nothing is there, and nobody vouches for it";
  EXPECT_FALSE(ready());
}

TEST_F(RedisDenylistTest, IsWrittenAnewWhereItWasEmptied) {
  revoke(plain(1));
  ASSERT_TRUE(run_until([&] { return ready(); }));
  ASSERT_TRUE(becomes(Answer::kInactive, {{7, 1}}));
  server_->run({"FLUSHALL"});
  EXPECT_TRUE(becomes(Answer::kInactive, {{7, 1}}));
  EXPECT_TRUE(run_until([&] { return ready(); }));
}

TEST_F(RedisDenylistTest, ARestartedServerIsNotVouchedForBeforeAllIsThereAgain) {
  revoke(plain(1));
  ASSERT_TRUE(run_until([&] { return ready(); }));
  const std::uint64_t wholes = keeper_->counters().wholes;
  server_->restart();
  EXPECT_TRUE(run_until([&] { return !ready(); }));
  EXPECT_TRUE(run_until([&] { return ready(); }));
  EXPECT_GT(keeper_->counters().wholes, wholes);
  EXPECT_EQ(ask({{7, 1}}), Answer::kInactive);
}

TEST_F(RedisDenylistTest, AStoppedServerAnswersNothing) {
  ASSERT_TRUE(run_until([&] { return ready(); }));
  server_->signal(SIGSTOP);
  EXPECT_EQ(ask({{7, 1}}), Answer::kUnavailable);
  server_->signal(SIGCONT);
  EXPECT_TRUE(becomes(Answer::kActive, {{7, 1}}));
  EXPECT_TRUE(run_until([&] { return ready(); }));
}

TEST_F(RedisDenylistTest, AnEvictingServerIsNotKept) {
  keeper_.reset();
  server_->run({"CONFIG", "SET", "maxmemory", "1000000000"});
  server_->run({"CONFIG", "SET", "maxmemory-policy", "volatile-ttl"});
  keep();
  EXPECT_FALSE(keeper_->counters().connected);
  server_->run({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
  EXPECT_TRUE(run_until([&] { return keeper_->counters().connected; }));
  server_->run({"CONFIG", "SET", "maxmemory", "0"});
}

TEST_F(RedisDenylistTest, ManyAtOnceAreAnsweredAndOneTooManyIsNot) {
  ASSERT_TRUE(run_until([&] { return ready(); }));
  server_->signal(SIGSTOP);  // they wait
  auto targets = std::make_shared<verifier::Targets>();
  targets->plain = {{7, 1}};
  int answered = 0;
  int at_once = 0;
  // The first may be under way already: its place is free again.
  for (int i = 0; i < 4'096 + 300; ++i) {
    denylist_->ask("", asking(targets), [&](Answer) { ++answered; });
  }
  at_once = answered;
  EXPECT_GE(at_once, 1) << "refused at once, past the limit";
  EXPECT_LE(at_once, 300);
  server_->signal(SIGCONT);
  EXPECT_TRUE(run_until([&] { return answered == 4'096 + 300; }));
}

TEST(RedisDenylistAnswer, IsNoneWhereAValueCannotBeRead) {
  verifier::Targets targets;
  targets.plain = {{7, 1}};
  targets.cut = {{8, 1}};
  targets.stamp = {1, 5};
  const auto text = [](const std::string& value) {
    return net::RedisReply{
        .kind = net::RedisReply::Kind::kText, .integer = 0, .text = value, .elements = {}};
  };
  const auto told = [&](std::vector<net::RedisReply> values) {
    return answer_of(targets, {.kind = net::RedisReply::Kind::kArray,
                               .integer = 0,
                               .text = {},
                               .elements = std::move(values)});
  };
  const std::string value = "1 00000000004000000000";
  const std::string with_cut = value + " 00000000000000000001.00000000000000000006";
  EXPECT_EQ(told({{}, {}}), Answer::kActive);
  EXPECT_EQ(told({text(value), {}}), Answer::kInactive);
  EXPECT_EQ(told({{}, text(with_cut)}), Answer::kInactive);
  EXPECT_EQ(told({text("nonsense"), {}}), Answer::kUnavailable);
  EXPECT_EQ(told({text(with_cut), {}}), Answer::kUnavailable);
  EXPECT_EQ(told({{}, text(value)}), Answer::kUnavailable);
  EXPECT_EQ(told({{}}), Answer::kUnavailable);
  EXPECT_EQ(answer_of(targets, text(value)), Answer::kUnavailable);
}

}  // namespace
}  // namespace rescind::strategy

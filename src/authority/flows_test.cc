// The order of things inside the authority, step by step: one thread, the writer and the password
// pool run when the test says so.

#include <gtest/gtest.h>

#include <deque>

#include "authority/folder_for_test.h"
#include "authority/refresher.h"
#include "authority/revoker.h"
#include "authority/session_end.h"
#include "authority/sign_in.h"
#include "authority/sign_out.h"
#include "store/migrations.h"
#include "store/sqlite.h"

namespace rescind::authority {
namespace {

constexpr const char* kIssuer = "https://auth.example";

TokenPolicy test_policy() {
  TokenPolicy policy;
  policy.issuer = kIssuer;
  policy.rules.issuer = kIssuer;
  policy.rules.session_claims = {"sid"};
  policy.rules.longest_lifetime = policy.access_ttl = std::chrono::seconds(900);
  policy.rules.longest_session = policy.refresh_ttl = std::chrono::days(30);
  policy.reuse_grace = Milliseconds(5000);
  return policy;
}

Options test_options() {
  Options options;
  options.issuer = kIssuer;
  return options;
}

// Tasks that wait until the test runs them.
class Tasks {
 public:
  Executor executor() {
    return [this](Task task) {
      queue_.push_back(std::move(task));
      return true;
    };
  }
  void run() {
    while (!queue_.empty()) {
      Task task = std::move(queue_.front());
      queue_.pop_front();
      task();
    }
  }

 private:
  std::deque<Task> queue_;
};

class FlowsTest : public FolderTest {
 protected:
  void SetUp() override {
    auto database = connect();
    ASSERT_TRUE(store::migrate(*database));
    const auto feed_key = *open_feed_key(file("feed.pem"));
    committer_ = *store::Committer::open({.issuer = kIssuer, .spacing = Milliseconds(0)},
                                         std::move(database), feed_key, log_, clock_.now(), [] {});
    reads_ = std::make_unique<Reads>(
        connect(),
        std::make_unique<store::StoreLog>(store::StoreLog::Options{.issuer = kIssuer}, connect(),
                                          feed_key, clock_, committer_->steady_time()));
    passwords_ = *Passwords::open(password_tasks_.executor());
    keys_ =
        std::make_unique<KeyRing>(jwt::Algorithm::kEdDsa,
                                  KeyPlan{.algorithm = "EdDSA",
                                          .rotate_every = std::chrono::days(30),
                                          .publish_before = std::chrono::seconds(600),
                                          .lifetime = policy_.access_ttl},
                                  master_, *committer_, signing_tasks_.executor(), random_, log_);
    minter_ = std::make_unique<Minter>(kIssuer, *keys_, signing_tasks_.executor(),
                                       counters_.tokens_issued);
    core_ = std::make_unique<Core>(Core{.policy = policy_,
                                        .committer = *committer_,
                                        .minter = *minter_,
                                        .passwords = *passwords_,
                                        .master = master_,
                                        .random = random_,
                                        .counters = counters_,
                                        .log = log_});
    sign_in_ = std::make_unique<SignIn>(*core_, options_, clients_, *reads_);
    keys_->step(clock_.now());
    settle();
    ASSERT_NE(keys_->current()->active, nullptr);
    hash_ = *hash_password(Secret("correct horse"));
    write([&](store::Transaction& transaction) -> Result<void> {
      TRY(transaction.accounts().insert(account()));
      return transaction.set_rules({.issuers = {policy_.rules}});
    });
  }

  std::unique_ptr<store::Database> connect() {
    return *store::open_sqlite({.path = file("store.db")});
  }
  // One group of the writer, and then all signatures that it led to.
  void step() {
    committer_->step(clock_.now());
    signing_tasks_.run();
  }
  void settle() {
    for (int i = 0; i < 5; ++i) step();
    signing_tasks_.run();
    step();
  }
  void write(store::Committer::Operation operation) {
    bool done = false;
    committer_->submit(std::move(operation), [&](auto committed) {
      EXPECT_TRUE(committed) << committed.error().message;
      done = true;
    });
    while (!done) step();
  }
  store::Account account() const {
    store::Account account;
    account.id = "u_ann";
    account.name = "ann";
    account.password_hash = hash_;
    return account;
  }

  using PairAnswer = std::shared_ptr<std::optional<Result<Pair>>>;
  static std::pair<PairAnswer, Done<Pair>> answer() {
    auto answer = std::make_shared<std::optional<Result<Pair>>>();
    return {answer, [answer](Result<Pair> pair) { *answer = std::move(pair); }};
  }
  PairAnswer begin_login() {
    auto [result, done] = answer();
    sign_in_->sign_in(
        {.name = "ann", .password = Secret("correct horse"), .client_id = "first-party"},
        clock_.now(), std::move(done));
    return result;
  }
  Pair login() {
    const PairAnswer pair = begin_login();
    password_tasks_.run();
    settle();
    return std::move(**pair).value();
  }
  PairAnswer begin_refresh(const Pair& pair) {
    auto [result, done] = answer();
    refresher().refresh({.token = pair.refresh_token, .client_id = "first-party", .scope = ""},
                        std::move(done));
    return result;
  }
  Refresher& refresher() {
    if (!refresher_) refresher_ = std::make_unique<Refresher>(*core_, clients_);
    return *refresher_;
  }
  void submit_cut(const char* claim, const char* value) {
    committer_->submit(
        [claim, value](store::Transaction& transaction) -> Result<void> {
          TRY(transaction.revoke({.target = {kIssuer, claim, std::string(value)},
                                  .cut = std::nullopt,
                                  .until = 2'000'000'000},
                                 "test", ""));
          return {};
        },
        [](auto committed) { EXPECT_TRUE(committed); });
  }
  // Whether the stored entry of the subject hits a token of this pair.
  bool is_cut(const Pair& pair) {
    const auto entry = reads_->revocations().find(
        revocation::key_of(kIssuer, "sub", revocation::ValueView("u_ann")));
    const auto session = reads_->sessions().by_id(pair.session_id);
    return (*entry)->cut > (*session)->stamp;
  }

  ManualClock clock_{{wall_from_ms(1'800'000'000'000), BootTime(std::chrono::hours(1))}};
  NullLog log_;
  SystemRandom random_;
  Counters counters_;
  const TokenPolicy policy_ = test_policy();
  const Options options_ = test_options();
  const Clients clients_ = *Clients::make(options_);
  const MasterKey master_{Secret(std::string(32, 'm'))};
  Tasks password_tasks_;
  Tasks signing_tasks_;
  std::string hash_;
  std::unique_ptr<store::Committer> committer_;
  std::unique_ptr<Reads> reads_;
  std::unique_ptr<Passwords> passwords_;
  std::unique_ptr<KeyRing> keys_;
  std::unique_ptr<Minter> minter_;
  std::unique_ptr<Core> core_;
  std::unique_ptr<SignIn> sign_in_;
  std::unique_ptr<Refresher> refresher_;
};

TEST_F(FlowsTest, ALoginThatIsOvertakenByARevocationLoses) {
  const std::pair<const char*, const char*> cuts[] = {
      {"sub", "u_ann"}, {"client_id", "first-party"}, {"iss", kIssuer}};
  for (const auto& [claim, value] : cuts) {
    const PairAnswer overtaken = begin_login();  // the stamp and the account are read
    submit_cut(claim, value);
    settle();
    password_tasks_.run();
    settle();
    ASSERT_TRUE(overtaken->has_value());
    ASSERT_FALSE((*overtaken)->has_value()) << claim;
    EXPECT_EQ((*overtaken)->error().code, ErrorCode::kConflict) << claim;
    EXPECT_NO_FATAL_FAILURE(login()) << "and a later one does not";
  }
}

TEST_F(FlowsTest, ALoginThatIsOvertakenByAPasswordChangeOrByDisablingLoses) {
  const std::function<void(store::Account&)> changes[] = {
      [](store::Account& account) { account.disabled = true; },
      [](store::Account& account) { ++account.credential_version; },
  };
  for (const auto& change : changes) {
    const PairAnswer overtaken = begin_login();
    write([&](store::Transaction& transaction) -> Result<void> {
      store::Account changed = account();
      change(changed);
      return transaction.accounts().update(changed);
    });
    password_tasks_.run();
    settle();
    ASSERT_TRUE(overtaken->has_value());
    ASSERT_FALSE((*overtaken)->has_value());
    EXPECT_EQ((*overtaken)->error().code, ErrorCode::kUnauthorized);
    write(
        [&](store::Transaction& transaction) { return transaction.accounts().update(account()); });
  }
}

TEST_F(FlowsTest, ARevocationAndALoginInOneGroupNeverLeaveATokenThatItShouldHaveHit) {
  for (const bool revocation_first : {true, false}) {
    const PairAnswer pair = begin_login();
    if (revocation_first) submit_cut("sub", "u_ann");
    password_tasks_.run();
    if (!revocation_first) submit_cut("sub", "u_ann");
    settle();
    ASSERT_TRUE(pair->has_value());
    if (revocation_first) {
      EXPECT_FALSE((*pair)->has_value());
    } else {
      ASSERT_TRUE((*pair)->has_value());
      EXPECT_TRUE(is_cut(***pair)) << "it was minted, and it is hit";
    }
  }
}

TEST_F(FlowsTest, ARevocationAndARefreshInOneGroupNeverLeaveATokenThatItShouldHaveHit) {
  Pair pair = login();
  submit_cut("sub", "u_ann");
  const PairAnswer after = begin_refresh(pair);
  settle();
  ASSERT_TRUE(after->has_value());
  EXPECT_FALSE((*after)->has_value());

  pair = login();
  const PairAnswer before = begin_refresh(pair);
  submit_cut("sub", "u_ann");
  settle();
  ASSERT_TRUE((*before)->has_value());
  EXPECT_TRUE(is_cut(***before));
  const PairAnswer next = begin_refresh(***before);
  settle();
  EXPECT_FALSE((*next)->has_value());
}

TEST_F(FlowsTest, TheGraceEndsWithItsLastMillisecond) {
  const struct {
    Milliseconds later;
    bool repeated;
  } cases[] = {{Milliseconds(0), true},
               {Milliseconds(4999), true},
               {Milliseconds(5000), true},
               {Milliseconds(5001), false}};
  for (const auto& c : cases) {
    const Pair pair = login();
    const PairAnswer first = begin_refresh(pair);
    settle();
    ASSERT_TRUE((*first)->has_value());
    clock_.advance(c.later);
    const PairAnswer second = begin_refresh(pair);
    settle();
    ASSERT_EQ((*second)->has_value(), c.repeated) << c.later.count();
    if (c.repeated) {
      EXPECT_EQ((**second)->refresh_token.expose(), (**first)->refresh_token.expose());
      EXPECT_NE((**second)->access_token.expose(), (**first)->access_token.expose());
    }
  }
}

TEST_F(FlowsTest, ASessionRemembersTheStampOfItsSignInThroughEveryRefresh) {
  Pair pair = login();
  const auto stamp = (*reads_->sessions().by_id(pair.session_id))->stamp;
  submit_cut("sub", "somebody else");
  settle();
  for (int i = 0; i < 3; ++i) {
    const PairAnswer next = begin_refresh(pair);
    settle();
    ASSERT_TRUE((*next)->has_value());
    pair = std::move(***next);
  }
  EXPECT_EQ((*reads_->sessions().by_id(pair.session_id))->stamp, stamp);
  EXPECT_LT(stamp, committer_->head());
}

}  // namespace
}  // namespace rescind::authority

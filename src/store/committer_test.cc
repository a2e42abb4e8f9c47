#include "store/committer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "store/repositories.h"
#include "store/store_for_test.h"

namespace rescind::store {
namespace {

using feed::Kind;

class CommitterTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  StoreForTest store_{folder_.file("test.db")};

  static Committer::Operation insert_account(std::string id) {
    return [id = std::move(id)](Transaction& transaction) {
      return transaction.accounts().insert({.id = id, .name = id});
    };
  }
};

TEST_F(CommitterTest, BeginsWithATermBatch) {
  const auto batches = store_.batches();
  ASSERT_EQ(batches.size(), 1U);
  EXPECT_EQ(batches[0].kind, Kind::kTerm);
  EXPECT_EQ(batches[0].position, (Position{1'800'000'000'000, 1}));
  EXPECT_EQ(store_.committer->head(), batches[0].position);
}

TEST_F(CommitterTest, PublishesARevocationAndCutsAtItsBatch) {
  const auto committed = store_.revoke(of_user("u1"));
  ASSERT_TRUE(committed);
  const auto batches = store_.batches();
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_EQ(committed->head, batches[1].position);
  EXPECT_EQ(committed->at, batches[1].at);
  ASSERT_EQ(batches[1].revocations.size(), 1U);
  EXPECT_EQ(batches[1].revocations[0].cut, batches[1].position);
}

TEST_F(CommitterTest, KeepsACutThatWasGivenAndGivesNoneToASession) {
  revocation::Revocation user = of_user("u1");
  user.cut = Stamp{5, 6};
  ASSERT_TRUE(store_.revoke(user));
  ASSERT_TRUE(store_.revoke(of_session("s1")));
  const auto batches = store_.batches();
  EXPECT_EQ(batches[1].revocations[0].cut, (Stamp{5, 6}));
  EXPECT_EQ(batches[2].revocations[0].cut, std::nullopt);
}

TEST_F(CommitterTest, RefusesWhatNoFollowerCouldRead) {
  revocation::Revocation session = of_session("s1");
  session.cut = Stamp{5, 6};
  EXPECT_EQ(store_.revoke(session).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(store_.revoke(of_session("")).error().code, ErrorCode::kInvalid);
  const revocation::UntilSeconds too_far = std::uint64_t{1} << 53U;
  EXPECT_EQ(store_.revoke(of_session("s1", too_far)).error().code, ErrorCode::kInvalid);
  revocation::Revocation user = of_user("u1");
  user.cut = Stamp{0, too_far};
  EXPECT_EQ(store_.revoke(user).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(store_.batches().size(), 1U);
}

TEST_F(CommitterTest, MakesNoBatchWhereThereIsNothingToPublish) {
  const Position before = store_.committer->head();
  const auto committed = store_.run(insert_account("u1"));
  ASSERT_TRUE(committed);
  EXPECT_EQ(committed->head, before);
  EXPECT_EQ(store_.batches().size(), 1U);
}

TEST_F(CommitterTest, SharesOneBatchAmongAGroup) {
  std::vector<StoreForTest::Answer> answers;
  for (int i = 0; i < 10; ++i) {
    answers.push_back(store_.submit([i](Transaction& transaction) -> Result<void> {
      TRY(transaction.revoke(of_user(std::to_string(i)), "test", ""));
      return {};
    }));
  }
  store_.step();
  const auto batches = store_.batches();
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_EQ(batches[1].revocations.size(), 10U);
  for (const auto& answer : answers) {
    ASSERT_TRUE(*answer && **answer);
    EXPECT_EQ((**answer)->head, batches[1].position);
  }
}

TEST_F(CommitterTest, LeavesNothingOfAnOperationThatFails) {
  const auto good = store_.submit(insert_account("good"));
  const auto bad = store_.submit([](Transaction& transaction) -> Result<void> {
    TRY(transaction.accounts().insert({.id = "bad", .name = "bad"}));
    TRY(transaction.raise_bounds({wall_from_ms(1'900'000'000'000), std::chrono::seconds(900)}));
    for (int i = 0; i < 5000; ++i) {
      TRY(transaction.revoke(of_user(std::to_string(i)), "test", ""));
    }
    transaction.want_receipts();
    return fail(ErrorCode::kUnauthorized, "no");
  });
  const auto after = store_.submit([](Transaction& transaction) -> Result<void> {
    EXPECT_EQ(transaction.bounds(), IssuanceBounds{});
    EXPECT_FALSE(*transaction.accounts().by_id("bad"));
    TRY(transaction.revoke(of_user("u1"), "test", ""));
    return {};
  });
  store_.step();
  EXPECT_TRUE(**good);
  ASSERT_FALSE(**bad);
  EXPECT_EQ((**bad).error().code, ErrorCode::kUnauthorized);
  EXPECT_TRUE(**after);

  const auto batches = store_.batches();
  ASSERT_EQ(batches.size(), 2U);
  ASSERT_EQ(batches[1].revocations.size(), 1U);
  EXPECT_EQ(batches[1].revocations[0].target.value, revocation::Value("u1"));
  EXPECT_FALSE(batches[1].wants_receipt);
  const auto database = connect(store_.path);
  EXPECT_EQ(Revocations(*database).live({})->size(), 1U);
  EXPECT_EQ(Revocations(*database).records({})->size(), 1U);
}

TEST_F(CommitterTest, AsksForReceiptsWithTheLastBatchOfTheGroup) {
  std::vector<Committer::Commit> told;
  store_.committer->on_commit([&told](const Committer::Commit& commit) { told.push_back(commit); });
  ASSERT_TRUE(store_.run([](Transaction& transaction) -> Result<void> {
    transaction.want_receipts();
    for (int i = 0; i < 4097; ++i) {
      TRY(transaction.revoke(of_user(std::to_string(i)), "test", ""));
    }
    return {};
  }));
  const auto batches = store_.batches();
  ASSERT_EQ(batches.size(), 3U);
  EXPECT_FALSE(batches[1].wants_receipt);
  EXPECT_TRUE(batches[2].wants_receipt);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].before, batches[0].position);
  EXPECT_EQ(told[0].head, batches[2].position);
  EXPECT_TRUE(told[0].wants_receipts);
}

TEST_F(CommitterTest, SpreadsALargeRevocationAndCutsEachEntryAtTheBatchThatCarriesIt) {
  for (const std::size_t count : {feed::kMaxBatchEntries, feed::kMaxBatchEntries + 1}) {
    const std::size_t before = store_.batches().size();
    Position first;
    Position last;
    const auto committed = store_.run([&](Transaction& transaction) -> Result<void> {
      TRY_ASSIGN(first, transaction.revoke(of_user("first"), "test", ""));
      for (std::size_t i = 1; i < count; ++i) {
        TRY_ASSIGN(last, transaction.revoke(of_user(std::to_string(i)), "test", ""));
      }
      return {};
    });
    ASSERT_TRUE(committed);
    EXPECT_EQ(committed->head, last);
    const auto batches = store_.batches();
    const std::size_t expected = count > feed::kMaxBatchEntries ? 2 : 1;
    ASSERT_EQ(batches.size(), before + expected);
    EXPECT_EQ(first, batches[before].position);
    EXPECT_EQ(last, batches.back().position);
    for (std::size_t i = before; i < batches.size(); ++i) {
      for (const auto& one : batches[i].revocations) {
        EXPECT_EQ(one.cut, batches[i].position);
      }
    }
  }
}

TEST_F(CommitterTest, KeepsEachBatchBelowItsSizeWhateverTheValues) {
  // The worst that a value may be: as long as allowed, every byte escaped, a foreign issuer.
  ASSERT_TRUE(store_.run([](Transaction& transaction) -> Result<void> {
    for (int i = 0; i < 1000; ++i) {
      std::string value = std::to_string(i);
      value.resize(revocation::kMaxValueBytes, '"');
      revocation::Revocation one = of_user(value, (std::uint64_t{1} << 53U) - 1);
      one.target.issuer = "https://other.example/" + std::string(400, '\\');
      one.reason = revocation::Reason::kCompromised;
      TRY(transaction.revoke(one, "test", ""));
    }
    return {};
  }));
  std::size_t entries = 0;
  for (const auto& batch : store_.batches()) entries += batch.revocations.size();
  EXPECT_EQ(entries, 1000U);
}

TEST_F(CommitterTest, GivesTheStampFromBeforeTheGroup) {
  const Position before = store_.committer->head();
  std::vector<Position> stamps;
  for (int i = 0; i < 2; ++i) {
    store_.submit([&stamps](Transaction& transaction) -> Result<void> {
      stamps.push_back(transaction.committed_head());
      TRY(transaction.revoke(of_user("u1"), "test", ""));
      return {};
    });
  }
  store_.step();
  EXPECT_THAT(stamps, testing::ElementsAre(before, before));
}

TEST_F(CommitterTest, WakesItsOwnerAndTellsObserversBeforeItAnswers) {
  std::vector<std::string> order;
  store_.committer->on_commit([&order](const Committer::Commit&) { order.emplace_back("head"); });
  store_.committer->submit(
      [](Transaction& transaction) -> Result<void> {
        TRY(transaction.revoke(of_user("u1"), "test", ""));
        return {};
      },
      [&order](const Result<Committer::Committed>&) { order.emplace_back("answer"); });
  EXPECT_EQ(store_.wakes, 1);
  EXPECT_TRUE(order.empty());
  store_.step();
  EXPECT_THAT(order, testing::ElementsAre("head", "answer"));
}

TEST_F(CommitterTest, KeepsGroupsApartUnderLoadAndMakesNobodyWaitAlone) {
  const auto first = store_.submit(insert_account("a"));
  BootTime next = store_.step();
  EXPECT_TRUE(*first);
  EXPECT_GT(next, store_.clock.now().boot + std::chrono::milliseconds(500));

  const auto second = store_.submit(insert_account("b"));
  next = store_.step(Milliseconds(1));
  EXPECT_FALSE(*second);
  EXPECT_EQ(next, store_.clock.now().boot + std::chrono::milliseconds(1));
  store_.step(Milliseconds(1));
  EXPECT_TRUE(*second);
}

TEST_F(CommitterTest, TakesUpToItsQueueLimitAndRefusesOneMoreAtOnce) {
  Committer::Options options;
  options.queue_limit = 3;
  options.group_limit = 2;
  StoreForTest store(folder_.file("small.db"), options);
  std::vector<StoreForTest::Answer> answers;
  for (const char* id : {"a", "b", "c", "d"}) answers.push_back(store.submit(insert_account(id)));
  ASSERT_TRUE(*answers[3]);
  EXPECT_EQ((**answers[3]).error().code, ErrorCode::kExhausted);
  EXPECT_FALSE(*answers[2]);
  store.step();
  EXPECT_TRUE(*answers[1]);
  EXPECT_FALSE(*answers[2]);  // a group of two
  store.step();
  EXPECT_TRUE(**answers[2]);
}

TEST_F(CommitterTest, FailsWhatIsQueuedAtItsEnd) {
  const auto answer = store_.submit(insert_account("a"));
  store_.close();
  ASSERT_TRUE(*answer);
  EXPECT_EQ((**answer).error().code, ErrorCode::kUnavailable);
}

TEST_F(CommitterTest, ServesManyThreads) {
  constexpr int kThreads = 8;
  constexpr int kEach = 50;
  std::atomic<int> answered = 0;
  std::atomic<int> succeeded = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t, &answered, &succeeded] {
      for (int i = 0; i < kEach; ++i) {
        store_.committer->submit(
            [name = std::to_string(t) + "." +
                    std::to_string(i)](Transaction& transaction) -> Result<void> {
              TRY(transaction.revoke(of_session(name), "test", ""));
              return {};
            },
            [&answered, &succeeded](const Result<Committer::Committed>& committed) {
              succeeded += committed.has_value() ? 1 : 0;
              ++answered;
            });
        (void)store_.committer->head();
      }
    });
  }
  while (answered < kThreads * kEach) store_.step();
  threads.clear();
  EXPECT_EQ(succeeded, kThreads * kEach);
  std::size_t entries = 0;
  for (const auto& batch : store_.batches()) entries += batch.revocations.size();
  EXPECT_EQ(entries, std::size_t{kThreads * kEach});
}

TEST_F(CommitterTest, LetsExactlyOneRotateAToken) {
  const Digest hash = sha256("token");
  ASSERT_TRUE(store_.run([&hash](Transaction& transaction) -> Result<void> {
    TRY(transaction.sessions().insert({.id = "s1", .subject = "u1"}));
    return transaction.refresh_tokens().insert({.hash = hash, .session_id = "s1"});
  }));
  std::atomic<int> winners = 0;
  std::atomic<int> answered = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 100; ++t) {
    threads.emplace_back([this, &hash, &winners, &answered] {
      store_.committer->submit(
          [&hash, &winners](Transaction& transaction) -> Result<void> {
            TRY_ASSIGN(const bool won, transaction.refresh_tokens().rotate(hash, transaction.at()));
            winners += won ? 1 : 0;
            return {};
          },
          [&answered](const Result<Committer::Committed>&) { ++answered; });
    });
  }
  while (answered < 100) store_.step();
  EXPECT_EQ(winners, 1);
}

TEST_F(CommitterTest, PublishesRulesOnceAndRefusesThoseThatDoNotFollow) {
  revocation::Rules rules;
  rules.issuers.push_back({.issuer = std::string(kIssuer),
                           .stamps = revocation::StampKind::kPosition,
                           .session_claims = {"sid"},
                           .revocable_claims = {"tenant"},
                           .longest_lifetime = std::chrono::seconds(900),
                           .longest_session = std::chrono::seconds(86'400)});
  const auto set = [this](const revocation::Rules& wanted) {
    return store_.run(
        [&wanted](Transaction& transaction) { return transaction.set_rules(wanted); });
  };
  ASSERT_TRUE(set(rules));
  ASSERT_TRUE(set(rules));
  const auto batches = store_.batches();
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_EQ(batches[1].kind, Kind::kRules);
  EXPECT_EQ(*batches[1].rules, rules);

  // A declared claim stays as long as something that it made may be needed.
  revocation::Revocation tenant = of_user("acme");
  tenant.target.claim = "tenant";
  ASSERT_TRUE(store_.revoke(tenant));
  revocation::Rules fewer = rules;
  fewer.issuers[0].revocable_claims.clear();
  EXPECT_EQ(set(fewer).error().code, ErrorCode::kInvalid);
  revocation::Rules turned = rules;
  turned.issuers[0].stamps = revocation::StampKind::kTime;
  EXPECT_EQ(set(turned).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(store_.batches().size(), 3U);
}

TEST_F(CommitterTest, RecordsWhoDidWhat) {
  std::string id;
  ASSERT_TRUE(store_.run([&id](Transaction& transaction) -> Result<void> {
    TRY(transaction.revoke(of_user("u1"), "alice", "lost laptop"));
    id = transaction.last_record();
    return {};
  }));
  const auto database = connect(store_.path);
  const auto record = Revocations(*database).record(id);
  ASSERT_TRUE(record && *record);
  EXPECT_EQ((*record)->actor, "alice");
  EXPECT_EQ((*record)->note, "lost laptop");
  EXPECT_EQ((*record)->position, store_.committer->head());
  EXPECT_EQ((*record)->revocation.cut, store_.committer->head());
}

TEST_F(CommitterTest, RefusesTheDatabaseOfAnotherFeed) {
  store_.options.issuer = "https://other.example";
  const auto opened = store_.open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kConflict);
}

TEST_F(CommitterTest, RefusesARetentionThatSnapshotsCannotBridge) {
  store_.options.retention = 10 * store_.options.snapshot_every;
  EXPECT_TRUE(store_.open());
  store_.options.retention -= Milliseconds(1);
  EXPECT_EQ(store_.open().error().code, ErrorCode::kInvalid);
}

TEST_F(CommitterTest, CommitsNothingWhileItIsHeld) {
  bool answered = false;
  store_.committer->hold(true);
  store_.committer->submit(insert_account("a"), [&answered](const auto& committed) {
    answered = committed.has_value();
  });
  for (int i = 0; i < 10; ++i) {
    store_.clock.advance(Milliseconds(5));
    store_.committer->step(store_.clock.now());
  }
  EXPECT_FALSE(answered);
  store_.committer->hold(false);
  store_.committer->step(store_.clock.now());
  EXPECT_TRUE(answered);
}

}  // namespace
}  // namespace rescind::store

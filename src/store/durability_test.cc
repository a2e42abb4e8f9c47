// What was acknowledged survives: killed processes, full disks, locked files (security: F15, R2).

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <set>

#include "base/check.h"
#include "store/repositories.h"
#include "store/store_for_test.h"

namespace rescind::store {
namespace {

class DurabilityTest : public testing::Test {
 protected:
  static std::set<std::string> revoked(StoreForTest& store) {
    std::set<std::string> sessions;
    for (const feed::Batch& batch : store.batches()) {
      for (const auto& one : batch.revocations) {
        sessions.insert(revocation::to_string(one.target.value));
      }
    }
    return sessions;
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.file("test.db");
};

// Revokes in groups and writes a byte for each answer, until it is killed.
[[noreturn]] void revoke_until_killed(const std::string& path, int round, int pipe) {
  StoreForTest store(path);
  store.clock.advance(std::chrono::seconds(round));
  for (int i = 0;; ++i) {
    const std::string name = std::to_string(round) + "." + std::to_string(i);
    const auto answer = store.submit([&name](Transaction& transaction) -> Result<void> {
      TRY(transaction.revoke(of_session(name), "test", ""));
      return {};
    });
    store.step();
    if (*answer && **answer) CHECK(::write(pipe, "x", 1) == 1);
  }
}

TEST_F(DurabilityTest, LosesNothingThatWasAcknowledgedBeforeAKill) {
  constexpr int kRounds = 20;
  std::array<int, kRounds> acknowledged{};
  StoreForTest(path_).close();  // makes the key, which the processes share
  for (int round = 0; round < kRounds; ++round) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) revoke_until_killed(path_, round, pipe[1]);
    ::close(pipe[1]);
    char byte = 0;
    // After another number of answers each time, in the middle of what comes next.
    while (acknowledged[static_cast<std::size_t>(round)] < 1 + round &&
           ::read(pipe[0], &byte, 1) == 1) {
      ++acknowledged[static_cast<std::size_t>(round)];
    }
    ::kill(child, SIGKILL);
    while (::read(pipe[0], &byte, 1) == 1) ++acknowledged[static_cast<std::size_t>(round)];
    ::close(pipe[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
  }
  StoreForTest store(path_);
  const std::set<std::string> found = revoked(store);
  const auto database = connect(path_);
  for (int round = 0; round < kRounds; ++round) {
    EXPECT_GT(acknowledged[static_cast<std::size_t>(round)], 0);
    for (int i = 0; i < acknowledged[static_cast<std::size_t>(round)]; ++i) {
      const std::string name = std::to_string(round) + "." + std::to_string(i);
      EXPECT_TRUE(found.contains(name)) << name;
      EXPECT_TRUE(*Revocations(*database).find(revocation::key_of(of_session(name).target)));
    }
  }
}

TEST_F(DurabilityTest, FailsAllOfAGroupWhenTheDiskIsFullAndGoesOnWhenItIsNot) {
  StoreForTest store(path_);
  ASSERT_TRUE(store.revoke(of_session("before")));
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit unlimited = limit;
  limit.rlim_cur = std::filesystem::file_size(path_ + "-wal");

  std::vector<StoreForTest::Answer> answers;
  for (int i = 0; i < 3; ++i) {
    answers.push_back(store.submit([i](Transaction& transaction) -> Result<void> {
      TRY(transaction.revoke(of_session("lost" + std::to_string(i)), "test", ""));
      return {};
    }));
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  store.step();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &unlimited), 0);
  for (const auto& answer : answers) {
    ASSERT_TRUE(*answer && !**answer);
    EXPECT_EQ((**answer).error().code, ErrorCode::kUnavailable);
  }
  ASSERT_TRUE(store.revoke(of_session("after")));
  EXPECT_EQ(revoked(store), (std::set<std::string>{"before", "after"}));
  ASSERT_TRUE(store.open());
  EXPECT_EQ(revoked(store), (std::set<std::string>{"before", "after"}));
}

TEST_F(DurabilityTest, FailsAGroupWhileAnotherHoldsTheDatabaseAndGoesOnAfterwards) {
  StoreForTest store(path_);
  const auto other = connect(path_);
  ASSERT_TRUE(other->begin());
  const auto refused = store.revoke(of_session("refused"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  other->rollback();
  ASSERT_TRUE(store.revoke(of_session("s1")));
  EXPECT_EQ(revoked(store), (std::set<std::string>{"s1"}));
}

TEST_F(DurabilityTest, FailsTheWholeGroupWhenItsTransactionBreaksInTheMiddle) {
  StoreForTest store(path_);
  std::vector<StoreForTest::Answer> answers;
  const auto revoke = [](std::string name) -> Committer::Operation {
    return [name = std::move(name)](Transaction& transaction) -> Result<void> {
      TRY(transaction.revoke(of_session(name), "test", ""));
      return {};
    };
  };
  answers.push_back(store.submit(revoke("s1")));
  // SQLite gives up a transaction at some I/O errors; here the file grows past the limit.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit unlimited = limit;
  limit.rlim_cur = std::filesystem::file_size(path_ + "-wal");
  answers.push_back(store.submit([](Transaction& transaction) -> Result<void> {
    // More than the page cache holds: it spills into the log while the operation runs.
    for (int i = 0; i < 40'000; ++i) {
      TRY(transaction.accounts().insert(
          {.id = std::to_string(i), .name = std::to_string(i), .email = std::string(200, 'x')}));
    }
    return {};
  }));
  answers.push_back(store.submit(revoke("s2")));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  store.step();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &unlimited), 0);
  for (const auto& answer : answers) {
    ASSERT_TRUE(*answer && !**answer);
    EXPECT_EQ((**answer).error().code, ErrorCode::kUnavailable);
  }
  ASSERT_TRUE(store.revoke(of_session("s3")));
  EXPECT_EQ(revoked(store), (std::set<std::string>{"s3"}));
}

}  // namespace
}  // namespace rescind::store

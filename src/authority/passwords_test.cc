#include "authority/passwords.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <latch>

#include "authority/limits.h"

namespace rescind::authority {
namespace {

using testing::StartsWith;

Executor at_once() {
  return [](Task task) {
    task();
    return true;
  };
}

TEST(PasswordsTest, HashesWithTheParametersThatOwaspAsksForAndAFreshSalt) {
  const Secret password("correct horse");
  const auto one = hash_password(password);
  const auto two = hash_password(password);
  ASSERT_TRUE(one && two);
  EXPECT_THAT(*one, StartsWith("$argon2id$v=19$m=19456,t=2,p=1$"));
  EXPECT_NE(*one, *two);
  EXPECT_TRUE(password_matches(password, *one));
  EXPECT_FALSE(password_matches(Secret("correct horsf"), *one));
  EXPECT_FALSE(password_matches(password, ""));
  EXPECT_FALSE(password_matches(password, "$argon2id$v=19$damaged"));
}

TEST(PasswordsTest, KeepsNewPasswordsWithinTheirLimits) {
  EXPECT_FALSE(check_new_password(Secret(std::string(kMinPasswordBytes - 1, 'x'))));
  EXPECT_TRUE(check_new_password(Secret(std::string(kMinPasswordBytes, 'x'))));
  EXPECT_TRUE(check_new_password(Secret(std::string(kMaxPasswordBytes, 'x'))));
  EXPECT_FALSE(check_new_password(Secret(std::string(kMaxPasswordBytes + 1, 'x'))));
}

TEST(PasswordsTest, ChecksAHashForAnUnknownUserTooAndRefuses) {
  int tasks = 0;
  auto passwords = Passwords::open([&](Task task) {
    ++tasks;
    task();
    return true;
  });
  ASSERT_TRUE(passwords);
  std::optional<bool> answer;
  (*passwords)->verify(Secret("whatever"), "", [&](Result<bool> matches) { answer = *matches; });
  EXPECT_EQ(answer, false);
  EXPECT_EQ(tasks, 1);
}

TEST(PasswordsTest, RefusesAtOnceWhatThePoolCannotTake) {
  auto passwords = Passwords::open([](Task) { return false; });
  ASSERT_TRUE(passwords);
  std::optional<ErrorCode> verified, hashed;
  (*passwords)->verify(Secret("p"), "", [&](auto result) { verified = result.error().code; });
  (*passwords)->hash(Secret("p"), [&](auto result) { hashed = result.error().code; });
  EXPECT_EQ(verified, ErrorCode::kExhausted);
  EXPECT_EQ(hashed, ErrorCode::kExhausted);
}

TEST(PasswordsTest, HashesAndVerifiesThroughThePool) {
  auto passwords = Passwords::open(at_once());
  ASSERT_TRUE(passwords);
  std::string hash;
  (*passwords)->hash(Secret("pass word"), [&](auto result) { hash = result.value(); });
  std::optional<bool> right, wrong;
  (*passwords)->verify(Secret("pass word"), hash, [&](auto result) { right = *result; });
  (*passwords)->verify(Secret("pass Word"), hash, [&](auto result) { wrong = *result; });
  EXPECT_EQ(right, true);
  EXPECT_EQ(wrong, false);
}

TEST(WorkerPoolTest, TakesAsManyAsItsQueueHoldsAndNotOneMore) {
  std::latch started(1);
  std::promise<void> go_on;
  int done = 0;
  {
    WorkerPool pool({.threads = 1, .queue = 2, .background = true});
    auto wait = go_on.get_future().share();
    ASSERT_TRUE(pool.submit([&started, wait] {
      started.count_down();
      wait.wait();
    }));
    started.wait();
    std::latch finished(2);
    const auto task = [&] {
      ++done;
      finished.count_down();
    };
    EXPECT_TRUE(pool.submit(task));
    EXPECT_TRUE(pool.submit(task));
    EXPECT_FALSE(pool.submit(task));
    go_on.set_value();
    finished.wait();
  }
  EXPECT_EQ(done, 2);
}

}  // namespace
}  // namespace rescind::authority

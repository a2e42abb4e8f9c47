#include "agent/served_log.h"

#include <gtest/gtest.h>

#include "base/check.h"
#include "feed/authority_for_test.h"
#include "feed/batch_log_conformance.h"

namespace rescind::agent {
namespace {

using feed::AuthorityForTest;
using feed::Position;
using feed::revoke_session;

feed::Received received(const feed::Sealed& sealed) {
  auto word = feed::read_word(sealed.jws);
  CHECK(word);
  return {.batch = std::get<feed::Batch>(word->content),
          .hash = sealed.hash,
          .key_id = word->key_id,
          .jws = sealed.jws};
}

feed::Manifest place_of(AuthorityForTest& authority, std::size_t index) {
  feed::Manifest place;
  place.position = authority.log().at(index).position;
  place.head = authority.log().at(index).hash;
  for (const feed::Term& term : authority.terms()) {
    if (term.first <= place.position.number) place.terms.push_back(term);
  }
  return place;
}

std::vector<std::string> words_of(const AuthorityForTest& authority, std::size_t from,
                                  std::size_t to) {
  std::vector<std::string> words;
  for (std::size_t i = from; i < to; ++i) words.push_back(authority.log().at(i).jws);
  return words;
}

// --- the port

class WithSnapshots final : public ServedLog {
 public:
  WithSnapshots(Options options, AuthorityForTest& authority)
      : ServedLog(options), authority_(authority) {}
  Result<feed::Snapshot> snapshot() override { return authority_.snapshot(); }

 private:
  AuthorityForTest& authority_;
};

class ServedLogUnderTest final : public feed::BatchLogUnderTest {
 public:
  ServedLogUnderTest() { log_->append(received(authority_.last())); }
  feed::BatchLog& log() override { return *log_; }
  const jwt::KeySet& keys() override { return *keys_; }
  void commit(std::size_t batches) override {
    for (std::size_t i = 0; i < batches; ++i) {
      log_->append(received(authority_.revoke({revoke_session("s" + std::to_string(++made_))})));
    }
  }
  bool keep_tail(std::size_t batches) override {
    const std::size_t first = authority_.log().size() - batches;
    log_ = std::make_unique<WithSnapshots>(ServedLog::Options{}, authority_);
    log_->start_at(place_of(authority_, first - 1));
    for (std::size_t i = first; i < authority_.log().size(); ++i) {
      log_->append(received(authority_.log()[i]));
    }
    return true;
  }

 private:
  AuthorityForTest authority_;
  std::shared_ptr<const jwt::KeySet> keys_ = feed::test_keys({0});
  std::unique_ptr<WithSnapshots> log_ =
      std::make_unique<WithSnapshots>(ServedLog::Options{}, authority_);
  int made_ = 0;
};

std::unique_ptr<feed::BatchLogUnderTest> make_log_under_test() {
  return std::make_unique<ServedLogUnderTest>();
}

}  // namespace
}  // namespace rescind::agent

namespace rescind::feed {
INSTANTIATE_TEST_SUITE_P(Served, BatchLogConformance, testing::Values(agent::make_log_under_test));
}  // namespace rescind::feed

namespace rescind::agent {
namespace {

// --- its own

TEST(ServedLogTest, CannotBeReadBeforeItHasAPlace) {
  ServedLog log({});
  EXPECT_EQ(log.head().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(log.read_after({}, 1).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(log.snapshot().error().code, ErrorCode::kUnavailable);
}

TEST(ServedLogTest, KeepsSoManyBytesAndNotOneMore) {
  AuthorityForTest authority;
  for (const char* session : {"a", "b", "c"}) authority.revoke({revoke_session(session)});
  std::size_t three = 0;
  for (std::size_t i = 1; i <= 3; ++i) three += authority.log()[i].jws.size();
  for (const std::size_t spare : {0U, 1U}) {
    ServedLog log({.max_bytes = three - spare});
    log.start_at(place_of(authority, 0));
    for (std::size_t i = 1; i <= 3; ++i) log.append(received(authority.log()[i]));
    EXPECT_EQ(log.batches(), 3 - spare);
    EXPECT_LE(log.bytes(), three - spare);
    EXPECT_EQ(log.floor().position, authority.log()[spare].position);
    EXPECT_EQ(log.floor().head, authority.log()[spare].hash);
  }
}

TEST(ServedLogTest, KeepsTheHeadHoweverLargeItIs) {
  AuthorityForTest authority;
  ServedLog log({.max_bytes = 1});
  log.append(received(authority.last()));
  EXPECT_EQ(log.batches(), 1U);
  EXPECT_EQ(log.head()->hash, authority.last().hash);
}

TEST(ServedLogTest, KeepsThemForTheRetentionInTheAuthoritysTime) {
  AuthorityForTest authority;
  ServedLog log({.retention = Milliseconds(1000)});
  log.append(received(authority.last()));
  const WallTime first = authority.now - Milliseconds(1);
  log.append(received(authority.revoke({revoke_session("a")})));
  log.heard(first + Milliseconds(1000));
  EXPECT_EQ(log.batches(), 2U);
  log.heard(first + Milliseconds(1001));
  EXPECT_EQ(log.batches(), 1U);
  EXPECT_EQ(log.read_after({}, 10).error().code, ErrorCode::kGone);
}

TEST(ServedLogTest, IsFilledBackwardWithWhatLeadsUpToIt) {
  AuthorityForTest authority;
  for (const char* session : {"a", "b"}) authority.revoke({revoke_session(session)});
  authority.begin_term(2000);
  for (const char* session : {"c", "d", "e"}) authority.revoke({revoke_session(session)});
  ServedLog log({});
  log.start_at(place_of(authority, 5));
  log.append(received(authority.log()[6]));
  EXPECT_EQ(log.before_floor(2), authority.log()[3].position);
  EXPECT_EQ(log.before_floor(4), authority.log()[1].position) << "of the term before";
  EXPECT_EQ(log.before_floor(100), Position{});

  EXPECT_EQ(log.prepend(words_of(authority, 3, 5)).error().code, ErrorCode::kCorrupt) << "a hole";
  EXPECT_EQ(log.prepend(words_of(authority, 5, 7)).error().code, ErrorCode::kCorrupt) << "beyond";
  auto forged = words_of(authority, 3, 6);
  forged[1] = authority.heartbeat();
  EXPECT_EQ(log.prepend(forged).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(log.batches(), 1U) << "nothing has changed";

  ASSERT_TRUE(log.prepend(words_of(authority, 2, 6)));
  EXPECT_EQ(log.floor().position, authority.log()[1].position);
  EXPECT_EQ(log.floor().head, authority.log()[1].hash);
  ASSERT_TRUE(log.prepend(words_of(authority, 0, 2)));
  const auto all = log.read_after({}, 100);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), authority.log().size());
  for (std::size_t i = 0; i < all->size(); ++i) {
    EXPECT_EQ((*all)[i].jws, authority.log()[i].jws);
    EXPECT_EQ((*all)[i].position, authority.log()[i].position);
  }
}

TEST(ServedLogTest, IsNotFilledBeyondItsBounds) {
  AuthorityForTest authority;
  for (const char* session : {"a", "b", "c"}) authority.revoke({revoke_session(session)});
  const std::size_t all =
      authority.log()[1].jws.size() + authority.log()[2].jws.size() + authority.log()[3].jws.size();
  for (const std::size_t spare : {0U, 1U}) {
    ServedLog log({.max_bytes = all - spare});
    log.start_at(place_of(authority, 2));
    log.append(received(authority.log()[3]));
    const auto filled = log.prepend(words_of(authority, 1, 3));
    if (spare == 0) {
      EXPECT_TRUE(filled);
    } else {
      ASSERT_FALSE(filled);
      EXPECT_EQ(filled.error().code, ErrorCode::kTooLarge);
    }
  }
}

TEST(ServedLogTest, AfterALeapTheBranchThatWasLostIsNoneOfItsPositions) {
  AuthorityForTest backup;
  AuthorityForTest lost = backup;
  ServedLog log({});
  log.append(received(lost.last()));
  const feed::Sealed gone = lost.revoke({revoke_session("a")});
  log.append(received(gone));
  backup.begin_term(2000);
  log.start_at(place_of(backup, 1));
  EXPECT_EQ(log.read_after(gone.position, 10).error().code, ErrorCode::kConflict);
  EXPECT_EQ(log.read_after({1000, 1}, 10).error().code, ErrorCode::kGone);
  EXPECT_TRUE(log.read_after({2000, 2}, 10));
}

}  // namespace
}  // namespace rescind::agent

// An old backup is restored, and what it lacks is taken back from whoever still has it.

#include "authority/lost_history.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <thread>

#include "authority/authority_for_test.h"
#include "authority/key_ring.h"
#include "authority/secret_file.h"
#include "store/sqlite.h"
#include "store/store_log.h"

namespace rescind::authority {
namespace {

constexpr std::string_view kForeign = "https://id.example";

class LostHistoryTest : public AuthorityTest {
 protected:
  void SetUp() override {
    take_back_within = Milliseconds(3'000);
    start();
  }
  Answer revoke(const std::string& claim, const std::string& value, const std::string& more = "") {
    return post("/v1/revocations",
                R"({"claim":")" + claim + R"(","value":")" + value + "\"" + more + "}",
                as("security"));
  }
  void back_up() {
    stop();
    std::filesystem::copy(file("store.db"), file("backup.db"));
    start();
    common_ = *revocation::parse_position(head());
  }
  std::unique_ptr<store::StoreLog> log() {
    return std::make_unique<store::StoreLog>(store::StoreLog::Options{.issuer = options.issuer},
                                             *store::open_sqlite({.path = file("store.db")}),
                                             *open_feed_key(file("feed.pem")), clock);
  }
  // What was committed since the backup is lost; a head that names it is what a follower shows.
  void restore() {
    const auto kept = log()->read_after(*revocation::parse_position(backup_head()), 1'000);
    ASSERT_TRUE(kept) << kept.error().message;
    for (const feed::Sealed& sealed : *kept) lost_.push_back(sealed.jws);
    const auto end = log()->head();
    proof_.follower = "f";
    proof_.policy = "refuse 30000";
    proof_.applied = end->position;
    proof_.hash = end->hash;
    proof_.proof = feed::seal(feed::Heartbeat{.issuer = options.issuer,
                                              .feed = "default",
                                              .head = end->position,
                                              .hash = end->hash,
                                              .at = clock.now().wall},
                              **open_feed_key(file("feed.pem")));
    stop();
    for (const char* name : {"store.db", "store.db-wal", "store.db-shm"}) {
      std::filesystem::remove(file(name));
    }
    std::filesystem::copy(file("backup.db"), file("store.db"));
    start();
  }
  // The backup's own head.
  std::string backup_head() {
    store::StoreLog backup({.issuer = options.issuer},
                           *store::open_sqlite({.path = file("backup.db")}),
                           *open_feed_key(file("feed.pem")), clock);
    return revocation::to_string(backup.head()->position);
  }
  // As followers do: whoever was not listened to shows it again. The answers are counted.
  void show() {
    authority_->receive(proof_, [shown = shown_](const Result<void>& got) {
      const MutexLock lock(shown->mutex);
      ++(got ? shown->taken : shown->refused);
    });
  }
  // Shown until the authority deals with it; false after many seconds.
  bool is_held() {
    for (int i = 0; i < 2'000; ++i) {
      if (asked_for_lost()) return true;
      if (shown_->refused_so_far() > 0) show();
      std::this_thread::sleep_for(kLookAgain);
    }
    return false;
  }
  Result<bool> give(std::vector<std::string> words) {
    std::promise<Result<bool>> answer;
    authority_->take_back(std::move(words),
                          [&](Result<bool> got) { answer.set_value(std::move(got)); });
    return answer.get_future().get();
  }
  // The time is up; false where the loss is not dealt with after many seconds all the same.
  bool settle() {
    for (int i = 0; i < 2'000; ++i) {
      clock.advance(take_back_within);
      show();
      std::this_thread::sleep_for(kLookAgain);
      if (shown_->is_taken()) return caught_up();
    }
    return false;
  }
  // The same without a proof but the batches. A step of the writer may have read the clock before,
  // and a store that was busy is tried again in a while.
  bool takes_all() {
    for (int i = 0; i < 2'000; ++i) {
      clock.advance(take_back_within);
      if (give(lost_) == false) return caught_up();
      std::this_thread::sleep_for(kLookAgain);
    }
    return false;
  }
  // What was given late is in the store.
  bool comes_to(std::size_t count) {
    for (int i = 0; i < 2'000; ++i) {
      if (taken_back() == count) return caught_up();
      clock.advance(Milliseconds(100));
      (void)give({});  // a turn of the writer
    }
    return false;
  }
  // The clock went faster than the threads: the writer ends what it is at, and the index is fresh.
  bool caught_up() {
    (void)give({});
    make_ready();
    return true;
  }
  std::string active_key() {
    const Answer keys = get("/v1/keys", as("admin"));
    const auto rows = keys.json().find("keys");
    for (auto key = rows->first(); key; key = key->next()) {
      if (key->find("state")->string() == "active") return std::string(*key->find("kid")->string());
    }
    return {};
  }
  std::size_t taken_back() {
    const std::string all = get("/v1/revocations", as("security")).body();
    std::size_t count = 0;
    for (std::size_t at = 0; (at = all.find("taken back from", at)) != std::string::npos; ++at) {
      ++count;
    }
    return count;
  }

  feed::Position common_;
  std::vector<std::string> lost_;
  feed::Report proof_;

 private:
  static constexpr Milliseconds kLookAgain{10};
  struct Shown {
    bool is_taken() const {
      const MutexLock lock(mutex);
      return taken > 0;
    }
    int refused_so_far() const {
      const MutexLock lock(mutex);
      return refused;
    }
    mutable Mutex mutex;
    int taken GUARDED_BY(mutex) = 0;
    int refused GUARDED_BY(mutex) = 0;
  };
  // Outlives the test where an answer comes late.
  const std::shared_ptr<Shown> shown_ = std::make_shared<Shown>();
};

TEST_F(LostHistoryTest, WhatIsHadBackIsCommittedAnewAndNobodyElseHasToSignInAgain) {
  const Tokens user = open_session("u"), ended = open_session("v"), bystander = open_session("w");
  back_up();
  ASSERT_EQ(revoke("sub", "u").status(), 201);
  ASSERT_EQ(revoke("sid", ended.session).status(), 201);
  ASSERT_EQ(revoke("sub", "x", R"(,"issuer":")" + std::string(kForeign) + "\"").status(), 201);
  restore();
  const Answer between = refresh(user.refresh);
  ASSERT_EQ(between.status(), 200) << "the backup does not know better";
  const Tokens window = tokens_of(between);

  show();
  EXPECT_EQ(give(lost_), true) << "a later head may still be shown";
  ASSERT_TRUE(settle());
  EXPECT_EQ(taken_back(), 4U) << "three, and the session that the user's cut had ended";
  EXPECT_TRUE(is_active(bystander.access)) << "nothing was cut";
  EXPECT_EQ(refresh(bystander.refresh).status(), 200);
  for (const std::string& access : {user.access, window.access, ended.access}) {
    EXPECT_FALSE(is_active(access));
  }
  EXPECT_EQ(refresh(window.refresh).status(), 401);
  EXPECT_EQ(refresh(ended.refresh).status(), 401);
  EXPECT_TRUE(is_active(open_session("u").access)) << "who signs in now is not hit";
  EXPECT_EQ(give(lost_), false) << "nothing more is needed";
  EXPECT_EQ(taken_back(), 4U);
}

TEST_F(LostHistoryTest, BatchesAloneAreAProof) {
  const Tokens user = open_session("u"), bystander = open_session("w");
  back_up();
  ASSERT_EQ(revoke("sub", "u").status(), 201);
  restore();
  EXPECT_EQ(give(lost_), true);
  EXPECT_TRUE(takes_all());
  EXPECT_FALSE(is_active(user.access));
  EXPECT_TRUE(is_active(bystander.access));
}

TEST_F(LostHistoryTest, WhatNobodyHasIsCoveredByACut) {
  const Tokens user = open_session("u"), bystander = open_session("w");
  back_up();
  ASSERT_EQ(revoke("sub", "u").status(), 201);
  restore();
  show();
  ASSERT_TRUE(settle());
  EXPECT_TRUE(asked_for_lost()) << "brokers were asked";
  EXPECT_FALSE(is_active(user.access));
  EXPECT_FALSE(is_active(bystander.access));
  EXPECT_EQ(refresh(user.refresh).status(), 401);
  EXPECT_EQ(taken_back(), 0U);
  EXPECT_TRUE(is_active(open_session("u").access));
}

TEST_F(LostHistoryTest, WhatIsHadBackInPartIsCommittedAnewAndTheRestIsCovered) {
  const Tokens bystander = open_session("w");
  back_up();
  ASSERT_EQ(revoke("sub", "x", R"(,"issuer":")" + std::string(kForeign) + "\"").status(), 201);
  ASSERT_EQ(revoke("sub", "y", R"(,"issuer":")" + std::string(kForeign) + "\"").status(), 201);
  restore();
  show();
  EXPECT_EQ(give({lost_.back()}), true);
  ASSERT_TRUE(settle());
  EXPECT_EQ(taken_back(), 1U);
  EXPECT_FALSE(is_active(bystander.access)) << "cut";
}

TEST_F(LostHistoryTest, WhatComesLateIsCommittedAnewAllTheSame) {
  const Tokens user = open_session("u");
  back_up();
  ASSERT_EQ(revoke("sub", "x", R"(,"issuer":")" + std::string(kForeign) + "\"").status(), 201);
  ASSERT_EQ(revoke("sub", "y", R"(,"issuer":")" + std::string(kForeign) + "\"").status(), 201);
  ASSERT_EQ(revoke("sub", "u").status(), 201);
  restore();
  show();
  ASSERT_TRUE(settle());
  ASSERT_EQ(taken_back(), 0U) << "nobody had it in time: cut";
  const Tokens later = open_session("u");

  fail_commits(1);  // and it is tried again
  EXPECT_EQ(give({lost_.back()}), true) << "more is of use";
  EXPECT_TRUE(comes_to(2)) << "the user, and the session that the user's cut had ended";
  EXPECT_EQ(give({lost_.back()}), true);
  EXPECT_EQ(give({lost_.front()}), true) << "nothing leads to it yet";
  EXPECT_EQ(give(lost_), false) << "all is here";
  EXPECT_TRUE(comes_to(4));
  EXPECT_EQ(give(lost_), false);
  EXPECT_TRUE(comes_to(4)) << "each once";
  EXPECT_FALSE(is_active(user.access));
  EXPECT_TRUE(is_active(later.access)) << "who has signed in since the cut is not hit";
  EXPECT_EQ(refresh(later.refresh).status(), 200);
}

TEST_F(LostHistoryTest, WhatComesLateRemovesALostKeyAndCoversWhatNoCutDid) {
  stop();
  cut_on_history_lost = false;
  start();
  const Tokens user = open_session("u");
  const std::string kid = active_key();
  back_up();
  ASSERT_EQ(revoke("client_id", "backend").status(), 201);
  ASSERT_EQ(revoke("kid", kid).status(), 201);
  restore();
  show();
  ASSERT_TRUE(settle());
  const Tokens between = open_session("u");
  EXPECT_TRUE(is_active(user.access)) << "the backup does not know better, and nothing was cut";
  EXPECT_TRUE(is_active(between.access));
  EXPECT_EQ(active_key(), kid);
  EXPECT_EQ(give(lost_), false);
  EXPECT_TRUE(comes_to(2));
  EXPECT_FALSE(is_active(user.access));
  EXPECT_FALSE(is_active(between.access));
  EXPECT_NE(active_key(), kid);
  EXPECT_TRUE(is_active(open_session("u").access)) << "signed by another, after the cut";
}

TEST_F(LostHistoryTest, WhatComesAnHourLateIsNotTaken) {
  back_up();
  ASSERT_EQ(revoke("sub", "x", R"(,"issuer":")" + std::string(kForeign) + "\"").status(), 201);
  restore();
  show();
  ASSERT_TRUE(settle());
  clock.advance(std::chrono::hours(1));
  Result<bool> more = give({});  // the writer may have read the clock before
  for (int i = 0; i < 2'000 && more; ++i) more = give({});
  ASSERT_FALSE(more) << "nothing is expected any more, and this proves nothing";
  EXPECT_EQ(more.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(give(lost_), false);
  EXPECT_EQ(taken_back(), 0U);
}

TEST_F(LostHistoryTest, ALiarGetsNothingIn) {
  const Tokens user = open_session("u"), bystander = open_session("w");
  back_up();
  ASSERT_EQ(revoke("sub", "u").status(), 201);
  restore();
  // Signed by another key, for the positions that were lost.
  const auto other = jwt::SigningKey::generate(jwt::Algorithm::kEdDsa);
  ASSERT_TRUE(other);
  std::vector<std::string> forged;
  for (const std::string& jws : lost_) {
    feed::Batch batch = std::get<feed::Batch>(feed::read_word(jws)->content);
    batch.kind = feed::Kind::kRevocations;
    batch.rules = nullptr;
    batch.revocations = {{.target = {options.issuer, "sub", "w"},
                          .cut = batch.position,
                          .until = 4'000'000'000,
                          .reason = revocation::Reason::kRevoked}};
    forged.push_back(feed::seal(batch, *other)->jws);
  }
  EXPECT_EQ(give(forged).error().code, ErrorCode::kInvalid) << "no proof of anything";
  EXPECT_EQ(give({"no word"}).error().code, ErrorCode::kInvalid);
  show();
  ASSERT_TRUE(is_held());
  EXPECT_EQ(give(forged), true) << "more is needed";
  ASSERT_TRUE(settle());
  EXPECT_FALSE(is_active(user.access));
  EXPECT_EQ(taken_back(), 0U);
  const std::string all = get("/v1/revocations", as("security")).body();
  EXPECT_EQ(all.find(R"("value":"w")"), std::string::npos);
}

TEST_F(LostHistoryTest, WhatAForgerPutsOnTopHidesNothing) {
  const Tokens user = open_session("u"), bystander = open_session("w");
  back_up();
  ASSERT_EQ(revoke("sub", "u").status(), 201);
  restore();
  const auto other = jwt::SigningKey::generate(jwt::Algorithm::kEdDsa);
  std::vector<std::string> words = lost_;
  feed::Batch forged = std::get<feed::Batch>(feed::read_word(lost_.back())->content);
  for (int i = 0; i < 5; ++i) {
    ++forged.position.number;
    words.push_back(feed::seal(forged, *other)->jws);
  }
  EXPECT_EQ(give(words), true);
  EXPECT_TRUE(takes_all());
  EXPECT_FALSE(is_active(user.access));
  EXPECT_TRUE(is_active(bystander.access));
}

TEST_F(LostHistoryTest, NothingIsCommittedWhileItWaits) {
  const Tokens user = open_session("u");
  back_up();
  ASSERT_EQ(revoke("sub", "u").status(), 201);
  restore();
  show();
  ASSERT_EQ(give(lost_), true);
  auto late = std::async(std::launch::async, [&] { return refresh(user.refresh).status(); });
  ASSERT_TRUE(settle());
  EXPECT_EQ(late.get(), 401) << "it was not let through in between";
}

}  // namespace
}  // namespace rescind::authority

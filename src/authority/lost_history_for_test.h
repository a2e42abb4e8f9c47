#pragma once
// An authority whose backup is restored: what was committed since is lost, and somebody has it.

#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "authority/authority_for_test.h"
#include "authority/secret_file.h"
#include "base/mutex.h"
#include "store/sqlite.h"
#include "store/store_log.h"

namespace rescind::authority {

inline constexpr std::string_view kForeign = "https://id.example";

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
  Answer revoke_foreign(const std::string& user) {
    return revoke("sub", user, R"(,"issuer":")" + std::string(kForeign) + "\"");
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
                                             *open_feed_key(file("feed.pem")), clock,
                                             std::make_shared<store::SteadyTime>());
  }
  void restart() {
    stop();
    start();
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
    store::StoreLog backup(
        {.issuer = options.issuer}, *store::open_sqlite({.path = file("backup.db")}),
        *open_feed_key(file("feed.pem")), clock, std::make_shared<store::SteadyTime>());
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

}  // namespace rescind::authority

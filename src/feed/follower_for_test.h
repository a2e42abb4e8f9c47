#pragma once
// For tests: an authority, an origin that can be cut off, and one follower of both, in one thread
// under a clock that the test moves.

#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "feed/authority_for_test.h"
#include "feed/follower.h"
#include "feed/log_origin.h"
#include "revocation/index.h"

namespace rescind::feed {

// Answers at once, by the log that it is pointed at, or with kUnavailable.
class OriginForTest final : public Origin {
 public:
  explicit OriginForTest(AuthorityForTest& authority) : authority_(&authority) {}

  void point_at(AuthorityForTest& authority) { authority_ = &authority; }
  void batches_after(Position after, Then<std::vector<std::string>> then) override {
    ++batch_questions;
    if (!reachable || !has_batches) return then(fail(ErrorCode::kUnavailable, "cut off"));
    over([&](LogOrigin& origin) { origin.batches_after(after, then); });
  }
  void snapshot(Then<Snapshot> then) override {
    ++snapshot_questions;
    if (!reachable) return then(fail(ErrorCode::kUnavailable, "cut off"));
    if (!has_snapshot) return then(fail(ErrorCode::kNotFound, "none yet"));
    over([&](LogOrigin& origin) { origin.snapshot(then); });
  }
  void heartbeat(Then<std::string> then) override {
    ++heartbeat_questions;
    if (!reachable || !has_heartbeat) return then(fail(ErrorCode::kUnavailable, "cut off"));
    over([&](LogOrigin& origin) { origin.heartbeat(then); });
  }
  void report(const Report& report, Then<void> then) override {
    if (!reachable) return then(fail(ErrorCode::kUnavailable, "cut off"));
    reports.push_back(report);
    then({});
  }

  bool reachable = true;
  bool has_batches = true;
  bool has_snapshot = true;
  bool has_heartbeat = true;
  int batch_questions = 0;
  int snapshot_questions = 0;
  int heartbeat_questions = 0;
  std::size_t batches_per_answer = 16;
  std::vector<Report> reports;

 private:
  template <typename Ask>
  void over(Ask ask) {
    LogOrigin origin({.issuer = std::string(kTestIssuer),
                      .feed = "default",
                      .batches_per_answer = batches_per_answer},
                     *authority_, authority_->key(), nullptr);
    ask(origin);
  }

  AuthorityForTest* authority_;
};

class CheckpointForTest final : public Checkpoint {
 public:
  Result<std::optional<std::string>> load() override { return blob; }
  Result<void> save(std::string_view saved) override {
    if (!writable) return fail(ErrorCode::kUnavailable, "disk full");
    blob = saved;
    return {};
  }
  std::optional<std::string> blob;
  bool writable = true;
};

// A follower with its index and its clock.
class FollowerForTest {
 public:
  static Follower::Options options() {
    return {.name = "test-1",
            .issuer = std::string(kTestIssuer),
            .keys = test_keys({0}),
            .policy = "refuse after 30 s"};
  }

  FollowerForTest(Origin& origin, Checkpoint* checkpoint, WallTime wall,
                  Follower::Options options = FollowerForTest::options(),
                  std::size_t max_entries = 100'000)
      : clock({.wall = wall, .boot = BootTime(std::chrono::hours(1))}),
        index(*revocation::Index::create(random_,
                                         {.initial_entries = 64, .max_entries = max_entries})),
        follower(std::move(options), *index, origin, checkpoint, random_, log_, nullptr) {}

  // Steps at each deadline up to `by` from now.
  void run(Milliseconds by = Milliseconds(0)) {
    const BootTime end = clock.now().boot + by;
    for (int i = 0; i < 100'000; ++i) {
      const BootTime next = follower.step(clock.now());
      if (next > end) break;
      clock.advance(std::max(next - clock.now().boot, std::chrono::nanoseconds(0)));
    }
    clock.advance(end - clock.now().boot);
  }
  void hear(std::string_view jws) { follower.on_word(jws, clock.now()); }
  Milliseconds staleness() const { return follower.staleness(clock.now()); }
  bool refuses(const revocation::Revocation& what) const {
    revocation::Index::Reader reader(*index);
    const auto key = revocation::key_of(what.target);
    return what.cut ? reader.find_cut(key).has_value() : reader.find(key).has_value();
  }
  const Follower::Counters& counters() const { return follower.counters(); }

 private:
  SeededRandom random_{42};
  NullLog log_;

 public:
  ManualClock clock;
  std::unique_ptr<revocation::Index> index;
  Follower follower;
};

}  // namespace rescind::feed

// The writer of a shared index is killed at any instruction; what it had applied before stays true
// for readers, nothing else becomes true, and the next writer goes on from there (D53).

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "base/clock.h"

#include "base/clock.h"

#include "revocation/index_header.h"
#include "revocation/shared_index_for_test.h"

namespace rescind::revocation {
namespace {

constexpr std::int64_t kStart = 1'800'000'000;
constexpr std::uint64_t kUsers = 8;
constexpr std::uint64_t kStateEvery = 16;

int rounds() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return 200;  // ten times slower
#else
  return std::getenv("RESCIND_LONG") != nullptr ? 20'000 : 2'000;
#endif
}

// What the writer says that it has done; outlives it.
struct Progress {
  std::atomic<std::uint64_t> begun{0};     // the step that it is in
  std::atomic<std::uint64_t> finished{0};  // the last step that is done
};

Key key_of(std::uint64_t family, std::uint64_t n) {
  return {.high = n * 0x9e37'79b9'7f4a'7c15U + family, .low = n << 8U | family};
}
Entry session(std::uint64_t n) {
  return {.key = key_of(1, n), .cut = {}, .until = kStart + 3600, .reason = Reason::kRevoked};
}
// Soon forgotten: they make the sweep work.
Entry doomed(std::uint64_t n) {
  return {.key = key_of(2, n), .cut = {}, .until = kStart + n / 1000, .reason = Reason::kSignedOut};
}
Entry user(std::uint64_t n) {
  return {.key = key_of(3, n % kUsers),
          .cut = Stamp{.term = 1, .number = n},
          .until = kStart + 3600,
          .reason = Reason::kCompromised};
}
Rules rules_of(std::uint64_t n) {
  return {{IssuerRules{.issuer = "https://id.test/" + std::to_string(n),
                       .session_claims = {"sid"},
                       .longest_lifetime = std::chrono::hours(1),
                       .longest_session = std::chrono::hours(2)}}};
}

// One step of the writer: everything that a writer does, without a pause.
void step(Index& index, std::uint64_t n) {
  bool good = index.apply(session(n)).has_value() && index.apply(doomed(n)).has_value() &&
              index.apply(user(n)).has_value();
  if (n % kStateEvery == 0) {
    FeedState state;
    state.position = {.term = 1, .number = n};
    state.head.fill(static_cast<std::uint8_t>(n));
    state.ready = true;
    const Now now{.wall = wall_from_seconds(kStart + static_cast<std::int64_t>(n / 1000)),
                  .boot = BootTime(std::chrono::seconds(n / 1000))};
    state.freshness.refresh(1, now.wall, now.boot);
    index.set_state(state);
    index.purge(now, 64);
  }
  if (n % 256 == 0) {
    good = good && index.set_rules(std::make_shared<const Rules>(rules_of(n))).has_value() &&
           index.set_keys(std::string(n % 5000, 'k')).has_value();
  }
  if (!good) _exit(1);
}

class KilledWriterTest : public SharedIndexTest {
 protected:
  KilledWriterTest()
      : progress_(new(::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Progress()) {}
  ~KilledWriterTest() override { ::munmap(progress_, sizeof(Progress)); }

  // A writer that goes on until it is killed.
  pid_t start() {
    progress_->begun = 0;
    progress_->finished = 0;
    const pid_t child = ::fork();
    if (child != 0) return child;
    Writer writer(path());
    if (!writer.publish()) _exit(1);
    for (std::uint64_t n = 1;; ++n) {
      progress_->begun.store(n);
      step(writer.index(), n);
      progress_->finished.store(n);
    }
  }
  void wait_until_it_works() const {
    while (progress_->finished.load() == 0) std::this_thread::yield();
  }
  // What a reader sees at any time, of a writer that lives.
  void expect_all_that_was_finished(const Index::Reader& reader) const {
    const std::uint64_t before = progress_->finished.load();
    const FeedState state = reader.state();
    const std::uint64_t known = std::max(before, state.position.number);
    for (std::uint64_t n = known; n > 0 && n + 40 > known; --n) {
      ASSERT_TRUE(reader.find(session(n).key)) << n << " of " << known;
    }
    ASSERT_FALSE(reader.find(session(progress_->begun.load() + 1'000'000).key));
    const std::uint64_t finished = progress_->finished.load();
    for (std::uint64_t u = 0; u < kUsers && u < finished; ++u) {
      const auto cut = reader.find_cut(key_of(3, (finished - u) % kUsers));
      ASSERT_TRUE(cut);
      ASSERT_GE(cut->cut.number, finished - u);
      ASSERT_EQ(cut->reason, Reason::kCompromised);
    }
  }
  // What must hold of the region that it left behind.
  void expect_truth(const IndexView& view, const Index::Reader& reader) const {
    const std::uint64_t finished = progress_->finished.load();
    const std::uint64_t begun = progress_->begun.load();
    for (std::uint64_t n = 1; n <= finished; ++n) {
      ASSERT_TRUE(reader.find(session(n).key)) << n << " of " << finished;
    }
    const FeedState state = reader.state();
    ASSERT_LE(state.position.number, begun);
    ASSERT_GE(state.position.number + kStateEvery, finished);
    for (const std::uint8_t byte : state.head) {
      ASSERT_EQ(byte, static_cast<std::uint8_t>(state.position.number));
    }
    ASSERT_NE(reader.rules(), nullptr);
    if (finished >= 256) {
      const std::uint64_t last = finished / 256 * 256;
      ASSERT_TRUE(*reader.rules() == rules_of(last) || *reader.rules() == rules_of(last + 256));
      ASSERT_TRUE(reader.keys());
    }
    // Some may stand there twice, where a shard was being split: joined they are one.
    view.for_each([&](const Entry& one) {
      const std::uint64_t n = one.key.low >> 8U;
      ASSERT_LE(n, begun);
      ASSERT_EQ(one.key, key_of(one.key.low & 0xffU, n)) << "nobody has applied this";
    });
  }
  // The next agent: joins what it finds, publishes.
  void take_over(const IndexView& left, const Index::Reader& reader) {
    Writer next(path());
    left.for_each([&next](const Entry& one) { ASSERT_TRUE(next.index().apply(one)); });
    ASSERT_TRUE(next.publish());
    ASSERT_TRUE(left.superseded());
    const auto view = IndexView::attach(path());
    ASSERT_TRUE(view) << view.error().message;
    const Index::Reader after(*view);
    const std::uint64_t finished = progress_->finished.load();
    for (std::uint64_t n = 1; n <= finished; n += 7) {
      ASSERT_TRUE(after.find(session(n).key));
      ASSERT_TRUE(reader.find(session(n).key)) << "readers of the old one keep it";
    }
  }

  Progress* progress_;
};

TEST_F(KilledWriterTest, ReadersHaveTheTruthWhereverItDied) {
  SeededRandom random(53);
  for (int round = 0; round < rounds(); ++round) {
    const pid_t child = start();
    wait_until_it_works();
    const auto view = IndexView::attach(path());
    ASSERT_TRUE(view) << view.error().message;
    const Index::Reader reader(*view);
    const auto end = SystemClock().now().boot + std::chrono::microseconds(random.below(1500));
    while (SystemClock().now().boot < end) expect_all_that_was_finished(reader);
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself";
    expect_truth(**view, reader);
    if (round % 10 == 0) take_over(**view, reader);
    if (HasFatalFailure()) FAIL() << "in round " << round;
  }
}

}  // namespace
}  // namespace rescind::revocation

// What a follower applies, signatures included: word by word as they come, and what it lacked as
// one catch-up, from batches and from a snapshot.

#include <benchmark/benchmark.h>

#include "feed/follower_for_test.h"

namespace rescind::feed {
namespace {

constexpr int kWords = 20'000;
constexpr int kRevocations = 1'000'000;
constexpr std::size_t kMaxEntries = std::size_t{1} << 26U;

std::vector<revocation::Revocation> sessions(int first, int count) {
  std::vector<revocation::Revocation> all;
  for (int i = first; i < first + count; ++i)
    all.push_back(revoke_session("s-" + std::to_string(i)));
  return all;
}

void words_one_by_one(benchmark::State& state) {
  const auto in_each = static_cast<int>(state.range(0));
  AuthorityForTest authority;
  OriginForTest origin(authority);
  FollowerForTest one(origin, nullptr, authority.now, FollowerForTest::options(), kMaxEntries);
  one.run(Milliseconds(100));
  int made = 0;
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<Sealed> batches;
    for (int i = 0; i < kWords / in_each; ++i, made += in_each) {
      batches.push_back(authority.revoke(sessions(made, in_each)));
    }
    state.ResumeTiming();
    for (const Sealed& batch : batches) one.hear(batch.jws);
  }
  CHECK(one.follower.position() == authority.position());
  state.counters["batches"] =
      benchmark::Counter(static_cast<double>(made / in_each), benchmark::Counter::kIsRate);
  state.counters["revocations"] =
      benchmark::Counter(static_cast<double>(made), benchmark::Counter::kIsRate);
}
BENCHMARK(words_one_by_one)->Arg(1)->Arg(100)->Unit(benchmark::kMillisecond);

void catch_up(benchmark::State& state, bool from_snapshot) {
  AuthorityForTest authority;
  for (int i = 0; i < kRevocations; i += static_cast<int>(kMaxBatchEntries)) {
    authority.revoke(sessions(i, static_cast<int>(kMaxBatchEntries)));
  }
  if (from_snapshot) authority.keep_tail(1);
  for (auto _ : state) {
    OriginForTest origin(authority);
    FollowerForTest one(origin, nullptr, authority.now, FollowerForTest::options(), kMaxEntries);
    while (!one.follower.ready()) one.run(Milliseconds(1));
    CHECK(one.index->entries() >= kRevocations);
  }
}
BENCHMARK_CAPTURE(catch_up, million_from_batches, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(catch_up, million_from_a_snapshot, true)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rescind::feed

BENCHMARK_MAIN();

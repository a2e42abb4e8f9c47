// What a check of a token costs that was seen before, and of one that is bad. Tokens lie in memory
// that was just written, as if they came from a socket: copying them there is not measured.

#include "verifier/verifier.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>

#include "verifier/bench_world.h"

namespace rescind::verifier {
namespace {

using Steady = std::chrono::steady_clock;
constexpr std::size_t kBatch = 32;

// Tokens one behind the other, to be taken in an order of chance.
class Tokens {
 public:
  Tokens(const BenchWorld& world, std::size_t count) {
    begins_.reserve(count + 1);
    for (std::size_t i = 0; i < count; ++i) {
      begins_.push_back(text_.size());
      text_ += world.token(i);
    }
    begins_.push_back(text_.size());
  }
  std::size_t size() const { return begins_.size() - 1; }
  std::string_view operator[](std::size_t i) const {
    return std::string_view(text_).substr(begins_[i], begins_[i + 1] - begins_[i]);
  }

  // The next few of them, in memory that is warm.
  const std::vector<std::string>& next_batch(Random& random) {
    batch_.resize(kBatch);
    for (std::string& token : batch_) token = (*this)[random.below(size())];
    return batch_;
  }

 private:
  std::string text_;
  std::vector<std::size_t> begins_;
  std::vector<std::string> batch_;
};

// Seen twice each, so that all are proven; those that found no room are few.
void warm_up(Verifier& verifier, const Tokens& tokens) {
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      CHECK(std::get<Decision>(verifier.check(tokens[i], kBenchNow)).accepted());
    }
  }
}

void check_batches(benchmark::State& state, BenchWorld& world, Tokens& tokens, Verifier& verifier,
                   const std::function<Now()>& now, const std::function<void()>& between) {
  SeededRandom random(3);
  std::vector<double> batches;
  const std::uint64_t before = verifier.counters().signatures;
  for (auto _ : state) {
    between();
    const std::vector<std::string>& batch = tokens.next_batch(random);
    const auto start = Steady::now();
    for (const std::string& token : batch) {
      Outcome outcome = verifier.check(token, now());
      benchmark::DoNotOptimize(outcome);
    }
    const std::chrono::duration<double> took = Steady::now() - start;
    state.SetIterationTime(took.count() / kBatch);
    batches.push_back(took.count() / kBatch);
  }
  // The median: where others have the core for a while, the mean says nothing.
  std::ranges::nth_element(batches, batches.begin() + std::ssize(batches) / 2);
  state.counters["p50_ns"] = batches[batches.size() / 2] * 1e9;
  state.counters["bytes"] = static_cast<double>(tokens[0].size());
  state.counters["signatures"] =
      static_cast<double>(verifier.counters().signatures - before) /
      (static_cast<double>(state.iterations()) * static_cast<double>(kBatch));
  benchmark::DoNotOptimize(world);
}

void BM_Warm(benchmark::State& state) {
  BenchWorld world;
  Tokens tokens(world, static_cast<std::size_t>(state.range(0)));
  const auto verifier = world.verifier(8 * tokens.size());
  warm_up(*verifier, tokens);
  check_batches(state, world, tokens, *verifier, [] { return kBenchNow; }, [] {});
}
BENCHMARK(BM_Warm)->Arg(1'000)->Arg(65'536)->Arg(1'000'000)->Iterations(20'000)->UseManualTime();

// The caller's two clocks with it.
void BM_WarmWithClock(benchmark::State& state) {
  BenchWorld world;
  Tokens tokens(world, static_cast<std::size_t>(state.range(0)));
  const auto verifier = world.verifier(8 * tokens.size());
  warm_up(*verifier, tokens);
  const SystemClock clock;
  check_batches(
      state, world, tokens, *verifier,
      [&] {
        benchmark::DoNotOptimize(clock.now());
        return kBenchNow;
      },
      [] {});
}
BENCHMARK(BM_WarmWithClock)->Arg(1'000)->Iterations(20'000)->UseManualTime();

// Something was revoked before each batch: what can have changed is looked up again.
void BM_WarmAfterRevocations(benchmark::State& state) {
  BenchWorld world;
  Tokens tokens(world, static_cast<std::size_t>(state.range(0)));
  const auto verifier = world.verifier(8 * tokens.size());
  warm_up(*verifier, tokens);
  check_batches(
      state, world, tokens, *verifier, [] { return kBenchNow; }, [&] { world.revoke_another(); });
}
BENCHMARK(BM_WarmAfterRevocations)->Arg(1'000)->Arg(65'536)->Iterations(20'000)->UseManualTime();

// Two threads with a verifier each, beside a writer of so many revocations a second.
void BM_WarmOnTwoThreads(benchmark::State& state) {
  BenchWorld world;
  constexpr std::size_t kChecks = 1'000'000;
  for (auto _ : state) {
    std::atomic<int> running = 2;
    const auto start = Steady::now();
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 2; ++t) {
      auto verifier = world.verifier(16'384);
      threads.emplace_back([&, t, verifier = std::move(verifier)] {
        Tokens tokens(world, 1'000);
        SeededRandom random(t);
        for (std::size_t i = 0; i < kChecks; ++i) {
          Outcome outcome = verifier->check(tokens[random.below(tokens.size())], kBenchNow);
          benchmark::DoNotOptimize(outcome);
        }
        --running;
      });
    }
    std::uint64_t written = 0;
    while (running > 0) {
      const std::chrono::duration<double> so_far = Steady::now() - start;
      const auto due = static_cast<std::uint64_t>(so_far.count() * 100'000);
      for (; written < due; ++written) world.revoke_another();
      std::this_thread::yield();
    }
    for (std::thread& thread : threads) thread.join();
    const std::chrono::duration<double> took = Steady::now() - start;
    state.SetIterationTime(took.count());
    state.counters["checks/s"] = 2 * kChecks / took.count();
    state.counters["writes/s"] = static_cast<double>(written) / took.count();
  }
}
BENCHMARK(BM_WarmOnTwoThreads)->Iterations(3)->UseManualTime()->Unit(benchmark::kMillisecond);

struct Bad {
  const char* what;
  std::string token;
};

std::vector<Bad> bad_tokens(const BenchWorld& world) {
  const std::string good = world.token(1);
  std::string alphabet = good;
  alphabet[alphabet.size() - 10] = '+';
  std::string signature = good;
  signature[signature.rfind('.') + 1] = signature[signature.rfind('.') + 1] == 'A' ? 'B' : 'A';
  std::string algorithm = jwt::base64url_encode(R"({"alg":"HS512","typ":"at+jwt","kid":"shared"})");
  algorithm += good.substr(good.find('.'));
  return {{"malformed", alphabet},
          {"algorithm", algorithm},
          {"issuer", bench_hs256(bench_payload(1, "https://evil.example.com"))},
          {"expired", bench_hs256(bench_payload(1, "https://auth.example.com", 1'799'999'000))},
          {"signature, budget spent", signature}};
}

void BM_Refuse(benchmark::State& state) {
  BenchWorld world;
  const Bad bad = bad_tokens(world)[static_cast<std::size_t>(state.range(0))];
  state.SetLabel(bad.what);
  Options options;
  options.failed_signatures_per_second = 1;
  options.failed_signatures_burst = 1;
  Verifier verifier(options, world.index->view(), world.issuers, world.random);
  for (auto _ : state) {
    Outcome outcome = verifier.check(bad.token, kBenchNow);
    benchmark::DoNotOptimize(outcome);
  }
  CHECK(verifier.counters().signatures <= 1);
}
BENCHMARK(BM_Refuse)->DenseRange(0, 4);

void BM_RefuseRevoked(benchmark::State& state) {
  BenchWorld world;
  const std::string token = world.token(1);
  const revocation::Target target{.issuer = "https://auth.example.com",
                                  .claim = "jti",
                                  .value = std::string("01J9Z3Q8R7M5K2V41000000001")};
  CHECK(world.index->apply({.key = key_of(target), .until = 1'800'010'000}).has_value());
  const auto verifier = world.verifier(1'000);
  for (auto _ : state) {
    Outcome outcome = verifier->check(token, kBenchNow);
    benchmark::DoNotOptimize(outcome);
  }
  CHECK(std::get<Decision>(verifier->check(token, kBenchNow)).reason() == Reason::kRevoked);
  CHECK(verifier->counters().signatures == 1);
}
BENCHMARK(BM_RefuseRevoked);

}  // namespace
}  // namespace rescind::verifier

BENCHMARK_MAIN();

// What the library adds to a check of a token that was seen before: the clock, and the lock of a
// verifier that several threads share.

#include <benchmark/benchmark.h>

#include "library/world_testing.h"

namespace rescind::library {
namespace {

constexpr std::size_t kTokens = 1000;

// The test's time at the cost of the system's.
class CostlyClock final : public Clock {
 public:
  explicit CostlyClock(const Clock& clock) : clock_(clock) {}
  Now now() const override {
    benchmark::DoNotOptimize(system_.now());
    return clock_.now();
  }

 private:
  const Clock& clock_;
  SystemClock system_;
};

struct BenchWorld : SharedWorld {
  BenchWorld() {
    start_agent();
    for (std::size_t i = 0; i < kTokens; ++i) tokens.push_back(token("u" + std::to_string(i), "j"));
    for (int i = 0; i < 50'000; ++i) region->revoke("jti", "other-" + std::to_string(i));
    opened = *Checker::open(config(), costly, random);
  }
  static BenchWorld& get() {
    static BenchWorld world;
    return world;
  }
  CostlyClock costly{clock};
  std::vector<std::string> tokens;
  std::unique_ptr<Checker> opened;
};

template <typename Check>
void run(benchmark::State& state, const Check& check) {
  const std::vector<std::string>& tokens = BenchWorld::get().tokens;
  for (int round = 0; round < 2; ++round) {
    for (const std::string& token : tokens) CHECK(check(token));
  }
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(check(tokens[next]));
    if (++next == tokens.size()) next = 0;
  }
}

void BM_SystemClock(benchmark::State& state) {
  const SystemClock clock;
  for (auto _ : state) benchmark::DoNotOptimize(clock.now());
}
BENCHMARK(BM_SystemClock);

void BM_WarmVerifier(benchmark::State& state) {
  BenchWorld& world = BenchWorld::get();
  auto parsed = jwt::KeySet::parse("{\"keys\":[" + world.key.public_key().public_jwk() + "]}");
  const auto issuers =
      std::make_shared<const verifier::TrustedIssuers>(std::vector<verifier::TrustedIssuer>{
          {.issuer = kIssuer,
           .algorithms = {jwt::Algorithm::kEs256},
           .audiences = {"api"},
           .keys = std::make_shared<jwt::KeySet>(std::move(parsed->keys))}});
  verifier::Verifier verifier({}, world.region->index().view(), issuers, world.random);
  const Now now = world.clock.now();
  run(state, [&](const std::string& token) {
    return std::get<Decision>(verifier.check(token, now)).accepted();
  });
}
BENCHMARK(BM_WarmVerifier);

void BM_WarmLibrary(benchmark::State& state) {
  Checker& checker = *BenchWorld::get().opened;
  run(state, [&](const std::string& token) { return checker.verify(token).accepted(); });
}
BENCHMARK(BM_WarmLibrary);
BENCHMARK(BM_WarmLibrary)->Threads(2)->UseRealTime();

void BM_IsRevoked(benchmark::State& state) {
  Checker& checker = *BenchWorld::get().opened;
  const std::string payload = test_payload();
  for (auto _ : state) {
    benchmark::DoNotOptimize(checker.is_revoked(payload, "k-1").accepted());
  }
}
BENCHMARK(BM_IsRevoked);

}  // namespace
}  // namespace rescind::library

BENCHMARK_MAIN();

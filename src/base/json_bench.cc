#include "base/json.h"

#include <benchmark/benchmark.h>

namespace rescind::json {
namespace {

constexpr std::string_view kPayload =
    R"({"iss":"https://auth.example.com","sub":"7b6f6a1e-7a2e-4a5e-9c38-0f5b1c0e6d11",)"
    R"("aud":["https://api.example.com","orders"],"iat":1799999990,"exp":1800000300,)"
    R"("jti":"01J9Z3Q8R7M5K2V4X6T8N0B1CD","sid":"01J9Z3Q8R7M5K2V4X6T8N0B1CE","client_id":"web",)"
    R"("scope":"orders:read orders:write","email":"somebody@example.com","fpos":"1763800000000.42"})";

void BM_ReadPayload(benchmark::State& state) {
  Reader reader;
  for (auto _ : state) {
    auto root = reader.read(kPayload, Limits{});
    benchmark::DoNotOptimize(root);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kPayload.size()));
}
BENCHMARK(BM_ReadPayload);

}  // namespace
}  // namespace rescind::json

BENCHMARK_MAIN();

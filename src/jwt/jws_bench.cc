// Reading a token, and the bare signature check beneath it.

#include "jwt/jws.h"

#include <benchmark/benchmark.h>

#include "jwt/base64url.h"
#include "jwt/claims.h"
#include "jwt/signing_key.h"

namespace rescind::jwt {
namespace {

constexpr std::string_view kPayload =
    R"({"iss":"https://auth.example.com","sub":"7b6f6a1e-7a2e-4a5e-9c38-0f5b1c0e6d11",)"
    R"("aud":["https://api.example.com","orders"],"iat":1799999990,"exp":1800000300,)"
    R"("jti":"01J9Z3Q8R7M5K2V4X6T8N0B1CD","sid":"01J9Z3Q8R7M5K2V4X6T8N0B1CE","client_id":"web",)"
    R"("scope":"orders:read orders:write","email":"somebody@example.com","fpos":"1763800000000.42"})";

void BM_ReadToken(benchmark::State& state) {
  const auto key = SigningKey::generate(Algorithm::kEs256);
  const std::string token = sign_compact(*key, "at+jwt", kPayload);
  json::Reader header_reader;
  json::Reader payload_reader;
  std::string header_text;
  std::string payload_text;
  std::string signature;
  for (auto _ : state) {
    const auto parts = split_compact(token);
    base64url_decode(parts->header, header_text);
    base64url_decode(parts->payload, payload_text);
    base64url_decode(parts->signature, signature);
    auto header = read_header(header_text, header_reader);
    auto payload = read_payload(payload_text, payload_reader);
    benchmark::DoNotOptimize(header);
    benchmark::DoNotOptimize(payload);
  }
  state.counters["bytes"] = static_cast<double>(token.size());
}
BENCHMARK(BM_ReadToken);

void BM_Verify(benchmark::State& state) {
  const auto algorithm = static_cast<Algorithm>(state.range(0));
  state.SetLabel(std::string(to_string(algorithm)));
  const auto key = SigningKey::generate(algorithm);
  const std::string token = sign_compact(*key, "at+jwt", kPayload);
  const auto parts = split_compact(token);
  const std::string signature = *base64url_decode(parts->signature);
  for (auto _ : state) {
    bool good = key->public_key().verify(parts->signing_input, bytes_of(signature));
    benchmark::DoNotOptimize(good);
  }
}
BENCHMARK(BM_Verify)
    ->Arg(static_cast<int>(Algorithm::kRs256))
    ->Arg(static_cast<int>(Algorithm::kPs256))
    ->Arg(static_cast<int>(Algorithm::kEs256))
    ->Arg(static_cast<int>(Algorithm::kEdDsa));

void BM_VerifyHmac(benchmark::State& state) {
  const auto key = Key::from_secret("k", Algorithm::kHs256, Secret(std::string(32, 's')));
  const std::string input = base64url_encode(kPayload);
  const std::string tag(32, 't');
  for (auto _ : state) {
    bool good = key->verify(input, bytes_of(tag));
    benchmark::DoNotOptimize(good);
  }
}
BENCHMARK(BM_VerifyHmac);

void BM_Sign(benchmark::State& state) {
  const auto algorithm = static_cast<Algorithm>(state.range(0));
  state.SetLabel(std::string(to_string(algorithm)));
  const auto key = SigningKey::generate(algorithm);
  for (auto _ : state) {
    std::string token = sign_compact(*key, "at+jwt", kPayload);
    benchmark::DoNotOptimize(token);
  }
}
BENCHMARK(BM_Sign)
    ->Arg(static_cast<int>(Algorithm::kRs256))
    ->Arg(static_cast<int>(Algorithm::kEs256))
    ->Arg(static_cast<int>(Algorithm::kEdDsa));

}  // namespace
}  // namespace rescind::jwt

BENCHMARK_MAIN();

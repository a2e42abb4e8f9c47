// Publish → receive over a broker that is there, and how fast what lies there is caught up:
//   KAFKA_URL=kafka://127.0.0.1:9092/rescind.bench bench/kafka_bench
// The topic has to exist, with one partition; each run adds to it.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <vector>

#include "base/log.h"
#include "transport/kafka_reader.h"
#include "transport/kafka_transport.h"

namespace rescind::transport {
namespace {

constexpr std::uint64_t kTerm = 1;

// A genuine word, with one revocation.
feed::Sealed batch_of(std::uint64_t number) {
  static const jwt::SigningKey key = *jwt::SigningKey::generate(jwt::Algorithm::kEdDsa);
  feed::Batch batch;
  batch.issuer = "https://auth.example";
  batch.feed = "bench";
  batch.position = {.term = kTerm, .number = number};
  batch.at = SystemClock().now().wall;
  batch.revocations.push_back({.target = {.issuer = batch.issuer,
                                          .claim = std::string(revocation::claim::kSession),
                                          .value = "s-" + std::to_string(number)},
                               .until = 1'800'001'000});
  return *feed::seal(batch, key);
}

struct Ends {
  NullLog log;
  std::unique_ptr<KafkaTransport> transport;
  std::unique_ptr<KafkaReader> reader;

  bool open(benchmark::State& state) {
    const char* const url = std::getenv("KAFKA_URL");
    FeedAccess from;
    from.url = url == nullptr ? "" : url;
    const auto access = KafkaAccess::parse(from);
    if (!access) return skip(state, "KAFKA_URL names no topic");
    auto opened = KafkaTransport::open(*access, log);
    if (!opened) return skip(state, opened.error().message.c_str());
    transport = *std::move(opened);
    if (const auto warm = transport->publish_heartbeat("warm"); !warm) {
      return skip(state, warm.error().message.c_str());
    }
    reader = std::make_unique<KafkaReader>(*access, log);
    return true;
  }
  static bool skip(benchmark::State& state, const char* why) {
    state.SkipWithError(why);
    return false;
  }
  // Reads to the end of what lies there.
  void drain() {
    for (auto words = reader->read(Milliseconds(500)); words && !words->empty();) {
      words = reader->read(Milliseconds(500));
    }
  }
};

void set_percentiles(benchmark::State& state, const char* what, std::vector<double>& values) {
  std::ranges::sort(values);
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
  };
  state.counters[std::string(what) + "_p50_ms"] = at(0.5);
  state.counters[std::string(what) + "_p99_ms"] = at(0.99);
  state.counters[std::string(what) + "_max_ms"] = at(1);
}

double ms_since(BootTime from) {
  return std::chrono::duration<double, std::milli>(SystemClock().now().boot - from).count();
}

// One word at a time, a hundred a second: until it is confirmed, and until it is read.
void publish_to_receive(benchmark::State& state) {
  Ends ends;
  if (!ends.open(state) || !ends.reader->open({.term = kTerm, .number = ~0ULL >> 1U})) return;
  ends.drain();
  std::vector<double> confirmed;
  std::vector<double> received;
  for (auto _ : state) {
    std::this_thread::sleep_for(Milliseconds(10));
    const feed::Sealed batch = batch_of(confirmed.size() + 1);
    const BootTime from = SystemClock().now().boot;
    std::thread sender([&] {
      benchmark::DoNotOptimize(ends.transport->publish(batch));
      confirmed.push_back(ms_since(from));
    });
    bool found = false;
    while (!found) {
      const auto words = ends.reader->read(Milliseconds(100));
      if (!words) break;
      found = std::ranges::find(*words, batch.jws) != words->end();
    }
    received.push_back(ms_since(from));
    sender.join();
  }
  set_percentiles(state, "confirmed", confirmed);
  set_percentiles(state, "received", received);
}
BENCHMARK(publish_to_receive)->Iterations(1000)->UseRealTime()->Unit(benchmark::kMillisecond);

// As a publisher does it after an outage, and a follower.
void catch_up(benchmark::State& state) {
  constexpr std::size_t kBatches = 50'000;
  constexpr std::size_t kAtOnce = 256;
  Ends ends;
  if (!ends.open(state) || !ends.reader->open({.term = kTerm, .number = ~0ULL >> 1U})) return;
  ends.drain();
  std::vector<feed::Sealed> batches;
  for (std::uint64_t i = 1; i <= kBatches; ++i) batches.push_back(batch_of(i));
  for (auto _ : state) {
    BootTime from = SystemClock().now().boot;
    for (std::span<const feed::Sealed> rest = batches; !rest.empty();) {
      const auto count = ends.transport->publish_all(rest.first(std::min(rest.size(), kAtOnce)));
      if (!count) return state.SkipWithError(count.error().message.c_str());
      rest = rest.subspan(*count);
    }
    state.counters["published_per_s"] = 1000 * static_cast<double>(kBatches) / ms_since(from);
    from = SystemClock().now().boot;
    std::size_t read = 0;
    while (read < kBatches) {
      const auto words = ends.reader->read(Milliseconds(1000));
      if (!words || words->empty()) break;
      read += words->size();
    }
    state.counters["read_per_s"] = 1000 * static_cast<double>(read) / ms_since(from);
  }
}
BENCHMARK(catch_up)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rescind::transport

BENCHMARK_MAIN();

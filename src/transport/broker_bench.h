#pragma once
// For benchmarks: publish → receive over a broker that is there, and how fast what lies there is
// caught up. `State` is Google Benchmark's.

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"
#include "feed/ports.h"
#include "transport/broker.h"
#include "transport/poll_access.h"

namespace rescind::transport {

inline constexpr std::uint64_t kBenchTerm = 1;

struct BrokerEnds {
  std::unique_ptr<feed::Transport> transport;
  std::unique_ptr<BrokerReader> reader;
};

using OpenEnds = Result<BrokerEnds> (*)(Log& log);

// Where the feed lies, as an environment variable has it.
template <typename Access>
Result<Access> access_of_bench(const std::string& variable) {
  const char* const url = std::getenv(variable.c_str());
  if (url == nullptr) return fail(ErrorCode::kInvalid, variable + " is not set");
  FeedAccess from;
  from.url = url;
  return Access::parse(from);
}

// A genuine word, with one revocation.
inline feed::Sealed batch_of(std::uint64_t number) {
  static const jwt::SigningKey key = *jwt::SigningKey::generate(jwt::Algorithm::kEdDsa);
  feed::Batch batch;
  batch.issuer = "https://auth.example";
  batch.feed = "bench";
  batch.position = {.term = kBenchTerm, .number = number};
  batch.at = SystemClock().now().wall;
  batch.revocations.push_back({.target = {.issuer = batch.issuer,
                                          .claim = std::string(revocation::claim::kSession),
                                          .value = "s-" + std::to_string(number)},
                               .until = 1'800'001'000});
  return *feed::seal(batch, key);
}

inline double ms_since(BootTime from) {
  return std::chrono::duration<double, std::milli>(SystemClock().now().boot - from).count();
}

template <typename State>
void set_percentiles(State& state, const std::string& what, std::vector<double> values) {
  if (values.empty()) return;
  std::ranges::sort(values);
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
  };
  state.counters[what + "_p50_ms"] = at(0.5);
  state.counters[what + "_p99_ms"] = at(0.99);
  state.counters[what + "_max_ms"] = at(1);
}

// Opened, warm, and reading at the end of what lies there.
template <typename State>
std::optional<BrokerEnds> at_end(State& state, OpenEnds open, Log& log) {
  auto ends = open(log);
  Result<void> ready;
  if (!ends) ready = std::unexpected(ends.error());
  if (ready) ready = ends->transport->publish_heartbeat("warm");
  if (ready) ready = ends->reader->open({.term = kBenchTerm, .number = ~0ULL >> 1U});
  if (!ready) {
    state.SkipWithError(ready.error().message.c_str());
    return std::nullopt;
  }
  for (auto words = ends->reader->read(Milliseconds(500)); words && !words->empty();) {
    words = ends->reader->read(Milliseconds(500));
  }
  return *std::move(ends);
}

// One word at a time, a hundred a second: until it is confirmed, and until it is read.
template <typename State>
void publish_to_receive(State& state, OpenEnds open) {
  NullLog log;
  const auto ends = at_end(state, open, log);
  if (!ends) return;
  std::vector<double> confirmed;
  std::vector<double> received;
  for ([[maybe_unused]] auto _ : state) {
    std::this_thread::sleep_for(Milliseconds(10));
    const feed::Sealed batch = batch_of(confirmed.size() + 1);
    const BootTime from = SystemClock().now().boot;
    bool published = false;
    std::thread sender([&] {
      published = ends->transport->publish(batch).has_value();
      confirmed.push_back(ms_since(from));
    });
    bool found = false;
    while (!found) {
      const auto words = ends->reader->read(Milliseconds(100));
      if (!words) break;
      found = std::ranges::find(*words, batch.jws) != words->end();
    }
    received.push_back(ms_since(from));
    sender.join();
    if (!published || !found) return state.SkipWithError("the broker was lost");
  }
  set_percentiles(state, "confirmed", std::move(confirmed));
  set_percentiles(state, "received", std::move(received));
}

// As a publisher does it after an outage, and a follower.
template <typename State>
void catch_up(State& state, OpenEnds open) {
  constexpr std::size_t kBatches = 50'000;
  constexpr std::size_t kAtOnce = 256;
  NullLog log;
  const auto ends = at_end(state, open, log);
  if (!ends) return;
  std::vector<feed::Sealed> batches;
  for (std::uint64_t i = 1; i <= kBatches; ++i) batches.push_back(batch_of(i));
  for ([[maybe_unused]] auto _ : state) {
    BootTime from = SystemClock().now().boot;
    for (std::span<const feed::Sealed> rest = batches; !rest.empty();) {
      const auto count = ends->transport->publish_all(rest.first(std::min(rest.size(), kAtOnce)));
      if (!count) return state.SkipWithError(count.error().message.c_str());
      rest = rest.subspan(*count);
    }
    state.counters["published_per_s"] = 1000 * static_cast<double>(kBatches) / ms_since(from);
    // From the first that lies there: other runs' too.
    if (!ends->reader->open({})) return state.SkipWithError("the broker was lost");
    from = SystemClock().now().boot;
    std::size_t read = 0;
    double taken = 1;
    for (auto words = ends->reader->read(Milliseconds(1000)); words && !words->empty();) {
      read += words->size();
      taken = ms_since(from);
      words = ends->reader->read(Milliseconds(1000));
    }
    state.counters["read_per_s"] = 1000 * static_cast<double>(read) / taken;
  }
}

}  // namespace rescind::transport

// Publish → receive over a broker that is there, and how fast what lies there is caught up:
//   KAFKA_URL=kafka://127.0.0.1:9092/rescind.bench bench/kafka_bench
// The topic has to exist, with one partition; each run adds to it.

#include <benchmark/benchmark.h>

#include "transport/broker_bench.h"
#include "transport/kafka_reader.h"
#include "transport/kafka_transport.h"

namespace rescind::transport {
namespace {

Result<BrokerEnds> open_ends(Log& log) {
  TRY_ASSIGN(const auto access, access_of_bench<KafkaAccess>("KAFKA_URL"));
  BrokerEnds ends;
  TRY_ASSIGN(ends.transport, KafkaTransport::open(access, log));
  ends.reader = std::make_unique<KafkaReader>(access, log);
  return ends;
}

void one_by_one(benchmark::State& state) { publish_to_receive(state, open_ends); }
BENCHMARK(one_by_one)->Iterations(1000)->UseRealTime()->Unit(benchmark::kMillisecond);

void after_an_outage(benchmark::State& state) { catch_up(state, open_ends); }
BENCHMARK(after_an_outage)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rescind::transport

BENCHMARK_MAIN();

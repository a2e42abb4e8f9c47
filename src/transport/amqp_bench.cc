// Publish → receive over a RabbitMQ that is there, beside what its client needs for the same by
// itself, and how fast what lies there is caught up:
//   AMQP_URL=amqp://127.0.0.1:5672/rescind.bench bench/amqp_bench
// The queue has to exist, a stream; each run adds to it.

#include <benchmark/benchmark.h>

#include "transport/amqp_reader.h"
#include "transport/amqp_transport.h"
#include "transport/broker_bench.h"

namespace rescind::transport {
namespace {

Result<BrokerEnds> open_ends(Log& log) {
  TRY_ASSIGN(const auto access, access_of_bench<AmqpAccess>("AMQP_URL"));
  BrokerEnds ends;
  TRY_ASSIGN(ends.transport, AmqpTransport::open(access, log));
  ends.reader = std::make_unique<AmqpReader>(access);
  return ends;
}

void one_by_one(benchmark::State& state) { publish_to_receive(state, open_ends); }
BENCHMARK(one_by_one)->Iterations(1000)->UseRealTime()->Unit(benchmark::kMillisecond);

// Nothing but the client: one message is sent, and received by a consumer.
Result<std::vector<double>> bare(benchmark::State& state) {
  TRY_ASSIGN(const auto access, access_of_bench<AmqpAccess>("AMQP_URL"));
  TRY_ASSIGN(const auto sender, AmqpClient::connect(access));
  TRY_ASSIGN(const auto receiver, AmqpClient::connect(access));
  TRY(sender->expect_confirms());
  TRY(receiver->consume(access.queue, "bench", "next", 100));
  std::vector<double> received;
  for (auto _ : state) {
    std::this_thread::sleep_for(Milliseconds(10));
    const feed::Sealed batch = batch_of(received.size() + 1);
    const BootTime from = SystemClock().now().boot;
    TRY(sender->publish(access.queue, batch.jws));
    TRY_ASSIGN(const auto event, receiver->next(std::chrono::seconds(5)));
    if (!event) return fail(ErrorCode::kTimeout, "nothing comes");
    received.push_back(ms_since(from));
    TRY(receiver->acknowledge(std::get<AmqpDelivery>(*event).tag));
    TRY(sender->next(std::chrono::seconds(5)));
  }
  return received;
}
void one_by_one_bare(benchmark::State& state) {
  auto received = bare(state);
  if (!received) return state.SkipWithError(received.error().message.c_str());
  set_percentiles(state, "received", *std::move(received));
}
BENCHMARK(one_by_one_bare)->Iterations(1000)->UseRealTime()->Unit(benchmark::kMillisecond);

void after_an_outage(benchmark::State& state) { catch_up(state, open_ends); }
BENCHMARK(after_an_outage)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rescind::transport

BENCHMARK_MAIN();

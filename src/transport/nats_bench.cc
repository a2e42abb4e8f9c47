// Publish → receive over a NATS that is there, and beside it what NATS itself takes for a message
// of the same size, published with a confirmation and received by a subscription to the stream:
//   NATS_URL=nats://127.0.0.1:4222/rescind.bench bench/nats_bench
// The streams have to exist (docs/operations.md).

#include <benchmark/benchmark.h>
#include <nats/nats.h>

#include "transport/broker_bench.h"
#include "transport/nats_reader.h"
#include "transport/nats_transport.h"

namespace rescind::transport {
namespace {

Result<BrokerEnds> open_ends(Log& log) {
  TRY_ASSIGN(const auto access, access_of_bench<NatsAccess>("NATS_URL"));
  BrokerEnds ends;
  TRY_ASSIGN(ends.transport, NatsTransport::open(access, log));
  ends.reader = std::make_unique<NatsReader>(access);
  return ends;
}

void one_by_one(benchmark::State& state) { publish_to_receive(state, open_ends); }
BENCHMARK(one_by_one)->Iterations(1000)->UseRealTime()->Unit(benchmark::kMillisecond);

void after_an_outage(benchmark::State& state) { catch_up(state, open_ends); }
BENCHMARK(after_an_outage)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);

// The client library alone, by its own means: an ordered consumer, a confirmed publish.
void nats_alone(benchmark::State& state) {
  const auto to = access_of_bench<NatsAccess>("NATS_URL");
  if (!to) return state.SkipWithError(to.error().message.c_str());
  const std::string url = "nats://" + to->hosts.front();
  natsConnection* connections[2] = {};
  jsCtx* contexts[2] = {};
  for (int i = 0; i < 2; ++i) {
    if (natsConnection_ConnectTo(&connections[i], url.c_str()) != NATS_OK ||
        natsConnection_JetStream(&contexts[i], connections[i], nullptr) != NATS_OK) {
      return state.SkipWithError("not reached");
    }
  }
  jsSubOptions options;
  jsSubOptions_Init(&options);
  options.Ordered = true;
  options.Config.DeliverPolicy = js_DeliverNew;
  natsSubscription* subscription = nullptr;
  const std::string stream = to->stream();
  options.Stream = stream.c_str();
  if (js_SubscribeSync(&subscription, contexts[0], to->subject.c_str(), nullptr, &options,
                       nullptr) != NATS_OK) {
    return state.SkipWithError("no subscription");
  }
  std::vector<double> confirmed;
  std::vector<double> received;
  for (auto _ : state) {
    std::this_thread::sleep_for(Milliseconds(10));
    const std::string message = batch_of(confirmed.size() + 1).jws;
    const BootTime from = SystemClock().now().boot;
    std::thread sender([&] {
      jsPubAck* ack = nullptr;
      js_Publish(&ack, contexts[1], to->subject.c_str(), message.data(),
                 static_cast<int>(message.size()), nullptr, nullptr);
      confirmed.push_back(ms_since(from));
      jsPubAck_Destroy(ack);
    });
    natsMsg* got = nullptr;
    natsSubscription_NextMsg(&got, subscription, 5'000);
    received.push_back(ms_since(from));
    natsMsg_Destroy(got);
    sender.join();
  }
  set_percentiles(state, "confirmed", confirmed);
  set_percentiles(state, "received", received);
  natsSubscription_Destroy(subscription);
  for (int i = 0; i < 2; ++i) {
    jsCtx_Destroy(contexts[i]);
    natsConnection_Destroy(connections[i]);
  }
}
BENCHMARK(nats_alone)->Iterations(1000)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rescind::transport

BENCHMARK_MAIN();

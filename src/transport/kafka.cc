#include "transport/kafka.h"

#include "transport/broker_adapter.h"
#include "transport/kafka_reader.h"
#include "transport/kafka_requests.h"
#include "transport/kafka_topic.h"
#include "transport/kafka_transport.h"

namespace rescind::transport {
namespace {

// An option that librdkafka does not take is found out now, not at the first connection.
Result<void> check_options(const KafkaAccess& access, Log& log) {
  TRY(KafkaClient::open(access, KafkaClient::End::kReceiving, log));
  return {};
}

}  // namespace

void add_kafka_adapter(Registry& registry) {
  registry.add(
      "kafka",
      broker_adapter<KafkaAccess>(
          {.name = "kafka",
           .reader = [](const KafkaAccess& access,
                        Log& log) { return std::make_unique<KafkaReader>(access, log); },
           .transport = KafkaTransport::open,
           .plan = kafka_plan,
           .requests = [](const KafkaAccess& access,
                          Log& log) { return std::make_unique<KafkaRequests>(access, log); },
           .plan_requests = kafka_requests_plan,
           .check = check_options}));
}

}  // namespace rescind::transport

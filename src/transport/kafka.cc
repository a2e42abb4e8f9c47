#include "transport/kafka.h"

#include <utility>

#include "transport/broker_origin.h"
#include "transport/broker_road.h"
#include "transport/kafka_reader.h"
#include "transport/kafka_requests.h"
#include "transport/kafka_topic.h"
#include "transport/kafka_transport.h"

namespace rescind::transport {
namespace {

// An option that librdkafka does not take is found out now, not at the first connection.
Result<MakeBrokerReader> maker(const FeedAccess& from, Log& log) {
  TRY_ASSIGN(const KafkaAccess access, KafkaAccess::parse(from));
  TRY(KafkaClient::open(access, KafkaClient::End::kReceiving, log));
  return [access, &log] { return std::make_unique<KafkaReader>(access, log); };
}

Result<std::unique_ptr<feed::Road>> open_road(const FeedAccess& access, const Surroundings& in) {
  TRY_ASSIGN(auto make, maker(access, in.log));
  return std::make_unique<BrokerRoad>("kafka", std::move(make), in.loop, in.random, in.log);
}

Result<std::unique_ptr<feed::Origin>> open_origin(const FeedAccess& access,
                                                  const Surroundings& in) {
  TRY_ASSIGN(auto make, maker(access, in.log));
  return std::make_unique<BrokerOrigin>(std::move(make), in.loop);
}

Result<std::unique_ptr<feed::Transport>> open_transport(const FeedAccess& from,
                                                        const Surroundings& in) {
  TRY_ASSIGN(auto access, KafkaAccess::parse(from));
  TRY_ASSIGN(auto transport, KafkaTransport::open(std::move(access), in.log));
  return transport;
}

Result<std::vector<std::string>> plan(const FeedAccess& from) {
  TRY_ASSIGN(const KafkaAccess access, KafkaAccess::parse(from));
  return kafka_plan(access);
}

Result<std::unique_ptr<RequestTopic>> open_requests(const FeedAccess& from,
                                                    const Surroundings& in) {
  TRY_ASSIGN(auto access, KafkaAccess::parse(from));
  return std::make_unique<KafkaRequests>(std::move(access), in.log);
}

}  // namespace

void add_kafka_adapter(Registry& registry) {
  registry.add("kafka", {.road = open_road,
                         .origin = open_origin,
                         .transport = open_transport,
                         .plan = plan,
                         .requests = open_requests});
}

}  // namespace rescind::transport

#include "transport/amqp.h"

#include <utility>

#include "transport/amqp_queue.h"
#include "transport/amqp_reader.h"
#include "transport/amqp_transport.h"
#include "transport/broker_origin.h"
#include "transport/broker_road.h"

namespace rescind::transport {
namespace {

Result<MakeBrokerReader> maker(const FeedAccess& from) {
  TRY_ASSIGN(const AmqpAccess access, AmqpAccess::parse(from));
  return [access] { return std::make_unique<AmqpReader>(access); };
}

Result<std::unique_ptr<feed::Road>> open_road(const FeedAccess& access, const Surroundings& in) {
  TRY_ASSIGN(auto make, maker(access));
  return std::make_unique<BrokerRoad>("amqp", std::move(make), in.loop, in.random, in.log);
}

Result<std::unique_ptr<feed::Origin>> open_origin(const FeedAccess& access,
                                                  const Surroundings& in) {
  TRY_ASSIGN(auto make, maker(access));
  return std::make_unique<BrokerOrigin>(std::move(make), in.loop);
}

Result<std::unique_ptr<feed::Transport>> open_transport(const FeedAccess& from,
                                                        const Surroundings& in) {
  TRY_ASSIGN(auto access, AmqpAccess::parse(from));
  TRY_ASSIGN(auto transport, AmqpTransport::open(std::move(access), in.log));
  return transport;
}

Result<std::vector<std::string>> plan(const FeedAccess& from) {
  TRY_ASSIGN(const AmqpAccess access, AmqpAccess::parse(from));
  return amqp_plan(access);
}

}  // namespace

void add_amqp_adapter(Registry& registry) {
  const Adapter adapter{
      .road = open_road, .origin = open_origin, .transport = open_transport, .plan = plan};
  registry.add("amqp", adapter);
  registry.add("amqps", adapter);
}

}  // namespace rescind::transport

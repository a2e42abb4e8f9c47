#include "transport/nats.h"

#include <utility>

#include "transport/broker_origin.h"
#include "transport/broker_road.h"
#include "transport/nats_reader.h"
#include "transport/nats_transport.h"

namespace rescind::transport {
namespace {

Result<MakeBrokerReader> maker(const FeedAccess& from) {
  TRY_ASSIGN(NatsAccess access, NatsAccess::parse(from));
  return [access = std::move(access)] { return std::make_unique<NatsReader>(access); };
}

Result<std::unique_ptr<feed::Road>> open_road(const FeedAccess& access, const Surroundings& in) {
  TRY_ASSIGN(auto make, maker(access));
  return std::make_unique<BrokerRoad>("nats", std::move(make), in.loop, in.random, in.log);
}

Result<std::unique_ptr<feed::Origin>> open_origin(const FeedAccess& access,
                                                  const Surroundings& in) {
  TRY_ASSIGN(auto make, maker(access));
  return std::make_unique<BrokerOrigin>(std::move(make), in.loop);
}

Result<std::unique_ptr<feed::Transport>> open_transport(const FeedAccess& from,
                                                        const Surroundings& in) {
  TRY_ASSIGN(auto access, NatsAccess::parse(from));
  TRY_ASSIGN(auto transport, NatsTransport::open(std::move(access), in.log));
  return transport;
}

Result<std::vector<std::string>> plan(const FeedAccess& from) {
  TRY_ASSIGN(const NatsAccess access, NatsAccess::parse(from));
  return std::vector{add_command(access, feed_need(access)),
                     add_command(access, snapshot_need(access))};
}

}  // namespace

void add_nats_adapter(Registry& registry) {
  const Adapter adapter{
      .road = open_road, .origin = open_origin, .transport = open_transport, .plan = plan};
  registry.add("nats", adapter);
  registry.add("nats+tls", adapter);
}

}  // namespace rescind::transport

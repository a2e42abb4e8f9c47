#include "transport/nats.h"

#include "transport/broker_adapter.h"
#include "transport/nats_reader.h"
#include "transport/nats_requests.h"
#include "transport/nats_transport.h"

namespace rescind::transport {

void add_nats_adapter(Registry& registry) {
  const Adapter adapter = broker_adapter<NatsAccess>(
      {.name = "nats",
       .reader = [](const NatsAccess& access,
                    Log& /*log*/) { return std::make_unique<NatsReader>(access); },
       .transport = NatsTransport::open,
       .plan = nats_plan,
       .requests = [](const NatsAccess& access,
                      Log& /*log*/) { return std::make_unique<NatsRequests>(access); },
       .plan_requests = nats_requests_plan});
  registry.add("nats", adapter);
  registry.add("nats+tls", adapter);
}

}  // namespace rescind::transport

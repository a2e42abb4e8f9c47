#include "transport/amqp.h"

#include "transport/amqp_queue.h"
#include "transport/amqp_reader.h"
#include "transport/amqp_requests.h"
#include "transport/amqp_transport.h"
#include "transport/broker_adapter.h"

namespace rescind::transport {

void add_amqp_adapter(Registry& registry) {
  const Adapter adapter = broker_adapter<AmqpAccess>(
      {.name = "amqp",
       .reader = [](const AmqpAccess& access,
                    Log& /*log*/) { return std::make_unique<AmqpReader>(access); },
       .transport = AmqpTransport::open,
       .plan = amqp_plan,
       .requests = [](const AmqpAccess& access,
                      Log& log) { return std::make_unique<AmqpRequests>(access, log); },
       .plan_requests = amqp_requests_plan});
  registry.add("amqp", adapter);
  registry.add("amqps", adapter);
}

}  // namespace rescind::transport

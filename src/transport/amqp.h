#pragma once
// A feed on RabbitMQ: a stream queue over AMQP 0-9-1, to which batches and heartbeats are published
// with confirms and which each follower reads from an offset of its own; the snapshot lies in a
// second stream queue beside it.

#include "transport/registry.h"

namespace rescind::transport {

// The schemes amqp and amqps: road, origin and transport (amqp_access.h says the URL).
void add_amqp_adapter(Registry& registry);

}  // namespace rescind::transport

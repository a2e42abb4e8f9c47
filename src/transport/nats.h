#pragma once
// A feed on NATS: batches and heartbeats in one JetStream stream, the snapshot in a second one.

#include "transport/registry.h"

namespace rescind::transport {

// The schemes nats and nats+tls.
void add_nats_adapter(Registry& registry);

}  // namespace rescind::transport

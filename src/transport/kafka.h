#pragma once
// The feed on Kafka: kafka://host:port/topic (kafka_access.h says what else a URL may hold).
// Values are the JWSs, headers CloudEvents in binary mode; snapshots lie in <topic>.snapshot.

#include "transport/registry.h"

namespace rescind::transport {

void add_kafka_adapter(Registry& registry);

}  // namespace rescind::transport

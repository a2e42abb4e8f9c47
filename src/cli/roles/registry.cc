#include "cli/roles/registry.h"

#ifdef RESCIND_WITH_AMQP
#include "transport/amqp.h"
#endif
#ifdef RESCIND_WITH_KAFKA
#include "transport/kafka.h"
#endif
#ifdef RESCIND_WITH_NATS
#include "transport/nats.h"
#endif
#ifdef RESCIND_WITH_REDIS
#include "transport/redis.h"
#endif

namespace rescind::cli {

transport::Registry all_adapters() {
  transport::Registry registry;
  transport::add_http_adapters(registry);
#ifdef RESCIND_WITH_AMQP
  transport::add_amqp_adapter(registry);
#endif
#ifdef RESCIND_WITH_KAFKA
  transport::add_kafka_adapter(registry);
#endif
#ifdef RESCIND_WITH_NATS
  transport::add_nats_adapter(registry);
#endif
#ifdef RESCIND_WITH_REDIS
  transport::add_redis_adapter(registry);
#endif
  return registry;
}

}  // namespace rescind::cli

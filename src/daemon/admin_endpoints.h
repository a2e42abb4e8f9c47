#pragma once
// What every role answers on its admin listener: GET /healthz/live, /healthz/ready and /metrics.
//
// The handler is thread-safe and answers at once. `health` and `metrics` have to outlive it.

#include "daemon/health.h"
#include "daemon/metrics.h"
#include "net/http_server.h"

namespace rescind::daemon {

// All other paths go to `next`; 404 where there is none.
net::Handler admin_endpoints(const Health& health, const Metrics& metrics, net::Handler next = {});

}  // namespace rescind::daemon

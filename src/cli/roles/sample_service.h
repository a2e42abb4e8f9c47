#pragma once
// The small service behind the gateway of `rescind dev`: GET /orders answers with the identity
// headers that it was sent, as any service would read them. It checks no token: the gateway has.

#include <memory>

#include "net/http_server.h"

namespace rescind::cli {

Result<std::unique_ptr<net::Server>> open_sample_service(net::Loop& loop);

}  // namespace rescind::cli

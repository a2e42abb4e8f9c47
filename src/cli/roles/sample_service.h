#pragma once
// The small service behind the gateway of `rescind dev`: GET /orders answers with the identity
// headers that it was sent, as any service would read them. It checks no token: the gateway has.

#include "cli/command.h"

namespace rescind::cli {

// Until SIGTERM. Option --listen ADDRESS:PORT.
Exit run_sample_service(const Invocation& invocation);

}  // namespace rescind::cli

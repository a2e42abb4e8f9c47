#pragma once
// `rescind agent`: follows the feed for all processes of the host, and shares the index and the
// issuers' keys with them. One event loop; all wiring.

#include "cli/command.h"

namespace rescind::cli {

Exit run_agent(const Invocation& invocation);

}  // namespace rescind::cli

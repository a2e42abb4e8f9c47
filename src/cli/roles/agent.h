#pragma once
// `rescind agent`: follows its feeds for all processes of the host, and shares with them, for each
// feed, the index and its issuers' keys (agent_feed.h). One event loop; all wiring.

#include "cli/command.h"

namespace rescind::cli {

Exit run_agent(const Invocation& invocation);

}  // namespace rescind::cli

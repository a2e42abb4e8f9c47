#pragma once
// `rescind authz`: follows the feed, keeps its own index, and answers gateways (forward
// authentication). One event loop; all wiring.

#include "cli/command.h"

namespace rescind::cli {

Exit run_authz(const Invocation& invocation);

}  // namespace rescind::cli

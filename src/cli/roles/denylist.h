#pragma once
// `rescind denylist`: follows the feed and keeps a denylist in Redis for services that ask one at
// each request (strategy/denylist.h). One event loop, and the keeper's thread; all wiring.

#include "cli/command.h"

namespace rescind::cli {

Exit run_denylist(const Invocation& invocation);

}  // namespace rescind::cli

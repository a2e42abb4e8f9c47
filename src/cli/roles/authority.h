#pragma once
// `rescind authority`: signs users in, issues and revokes, publishes the feed. One loop for
// requests, one for the feed, a thread for the writer; all wiring.

#include "cli/command.h"

namespace rescind::cli {

Exit run_authority(const Invocation& invocation);

}  // namespace rescind::cli

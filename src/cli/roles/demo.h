#pragma once
// `rescind dev`: a whole Rescind on loopback until interrupted. `rescind demo`: the same, and the
// story once: sign in, call, revoke, refused; with the milliseconds that were measured.

#include "cli/command.h"

namespace rescind::cli {

Exit run_dev(const Invocation& invocation);
Exit run_demo(const Invocation& invocation);

}  // namespace rescind::cli

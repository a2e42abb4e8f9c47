#pragma once
// What signals mean to a server: SIGTERM and SIGINT drain it, a second one ends it at once, SIGHUP
// reloads its configuration. SIGPIPE is ignored in the whole process.
//
// For the process's one main loop, on whose thread all actions run.

#include <functional>

#include "net/loop.h"

namespace rescind::daemon {

struct SignalActions {
  std::move_only_function<void()> drain;
  std::move_only_function<void()> quit;
  std::move_only_function<void()> reload;
};

// Call once, before the loop runs; lasts as long as the loop.
void handle_signals(net::Loop& loop, SignalActions actions);

}  // namespace rescind::daemon

#include "daemon/signals.h"

#include <csignal>
#include <memory>
#include <utility>

namespace rescind::daemon {

void handle_signals(net::Loop& loop, SignalActions actions) {
  std::signal(SIGPIPE, SIG_IGN);
  auto shared = std::make_shared<SignalActions>(std::move(actions));
  auto drains = std::make_shared<bool>(false);
  const auto end = [shared, drains](int /*signal*/) {
    auto& action = std::exchange(*drains, true) ? shared->quit : shared->drain;
    if (action) action();
  };
  loop.on_signal(SIGTERM, end);
  loop.on_signal(SIGINT, end);
  loop.on_signal(SIGHUP, [shared](int /*signal*/) {
    if (shared->reload) shared->reload();
  });
}

}  // namespace rescind::daemon

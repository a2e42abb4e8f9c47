#include "daemon/signals.h"

#include <gtest/gtest.h>

#include <csignal>
#include <string>

namespace rescind::daemon {
namespace {

TEST(Signals, ReloadsThenDrainsThenQuits) {
  net::Loop loop;
  std::string seen;
  handle_signals(loop, {.drain =
                            [&] {
                              seen += "drain ";
                              std::raise(SIGINT);
                            },
                        .quit =
                            [&] {
                              seen += "quit";
                              loop.stop();
                            },
                        .reload =
                            [&] {
                              seen += "reload ";
                              std::raise(SIGTERM);
                            }});
  loop.post([] {
    std::raise(SIGPIPE);
    std::raise(SIGHUP);
  });
  loop.run();
  EXPECT_EQ(seen, "reload drain quit");
}

}  // namespace
}  // namespace rescind::daemon

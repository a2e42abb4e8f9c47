#include "cli/commands/commands.h"
#include "cli/roles/demo.h"
#include "cli/roles/sample_service.h"

namespace rescind::cli {

std::vector<Command> dev_commands() {
  return {{.words = {"dev"},
           .summary = "everything on loopback until interrupted, for development",
           .positionals = {},
           .options = {},
           .run = run_dev},
          {.words = {"demo"},
           .summary = "the whole story once, with the milliseconds",
           .positionals = {},
           .options = {},
           .run = run_demo},
          {.words = {"sample-service"},
           .summary = "the small service behind the gateway of `dev`",
           .positionals = {},
           .options = {{.name = "--listen", .value = "ADDRESS:PORT", .help = "where"}},
           .run = run_sample_service}};
}

}  // namespace rescind::cli

#include <cstdio>

#include "cli/commands/commands.h"

namespace rescind::cli {
namespace {

Exit print_version(const Invocation& invocation) {
  if (invocation.globals.output == Output::kTable) {
    std::puts("rescind " RESCIND_VERSION);
  } else {
    std::puts("{\"version\":\"" RESCIND_VERSION "\"}");
  }
  return Exit::kOk;
}

}  // namespace

std::vector<Command> version_commands() {
  return {{.words = {"version"},
           .summary = "the version of this program",
           .positionals = {},
           .options = {},
           .run = print_version}};
}

}  // namespace rescind::cli

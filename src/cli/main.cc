#include "cli/commands/commands.h"
#include "cli/parser.h"

int main(int argc, char** argv) {
  return static_cast<int>(rescind::cli::parse_and_run(rescind::cli::all_commands(), argc, argv));
}

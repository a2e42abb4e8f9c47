#pragma once
// From the words of the command line to an Invocation. The only place that knows the library for
// it.

#include <vector>

#include "cli/command.h"

namespace rescind::cli {

// Parses, runs the command that was named, and returns what the process is to end with. Help goes
// to standard output (0); a wrong word is kUsage with a hint.
Exit parse_and_run(const std::vector<Command>& commands, int argc, const char* const* argv);

}  // namespace rescind::cli

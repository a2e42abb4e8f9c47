#pragma once
// What comes from the person rather than the command line: tokens and passwords, which are never
// arguments (other users of the machine could read those), and a yes.

#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "cli/command.h"

namespace rescind::cli {

// "-": standard input; "@FILE": that file. Surrounding white space goes. kInvalid for anything
// else: a token as an argument is refused.
Result<Secret> read_secret_argument(const std::string& argument);
// From the terminal without echo, or the first line of standard input.
Result<Secret> ask_password(const std::string& prompt);
// True with --yes, or after "y" at the terminal; false where nobody is there to ask.
bool confirm(const Globals& globals, const std::string& question);

}  // namespace rescind::cli

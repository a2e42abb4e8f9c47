// The key with which a service signs requests to revoke, for where it cannot reach the authority.

#include <cstdio>

#include "authority/master_key.h"
#include "cli/commands/commands.h"

namespace rescind::cli {
namespace {

Exit print_key(const Invocation& invocation) {
  const auto key = authority::open_feed_key(invocation.positional("FILE"));
  if (!key) return report(key.error());
  std::puts((*key)->public_key().public_jwk().c_str());
  return Exit::kOk;
}

}  // namespace

std::vector<Command> request_key_commands() {
  return {
      {.words = {"request-key"},
       .summary = "a service's key for signed requests: prints the public half, to be configured",
       .positionals = {{.name = "FILE", .help = "the private half; made where there is none"}},
       .options = {},
       .run = print_key}};
}

}  // namespace rescind::cli

#include <cstdio>

#include "cli/commands/commands.h"
#include "cli/roles/nginx_config.h"
#include "cli/roles/process.h"

namespace rescind::cli {
namespace {

Result<std::uint16_t> port_of(const Invocation& invocation, const std::string& option) {
  const auto address = parse_listen("127.0.0.1:" + invocation.option(option));
  if (!address) return fail(ErrorCode::kInvalid, option + " is a port");
  return address->port;
}

Exit print_config(const Invocation& invocation) {
  NginxOptions options;
  options.folder = invocation.option("--folder", "/var/lib/rescind");
  for (const auto& [port, option] :
       {std::pair(&options.port, "--port"), std::pair(&options.authz_port, "--authz-port"),
        std::pair(&options.service_port, "--service-port")}) {
    const auto read = port_of(invocation, option);
    if (!read) return report(read.error());
    *port = *read;
  }
  std::fputs(nginx_config(options, gateway::IdentityHeaders()).c_str(), stdout);
  return Exit::kOk;
}

}  // namespace

std::vector<Command> nginx_commands() {
  return {
      {.words = {"nginx-config"},
       .summary = "an nginx configuration for forward authentication",
       .positionals = {},
       .options = {{.name = "--folder", .value = "DIR", .help = "for its pid and temporary files"},
                   {.name = "--port", .value = "PORT", .help = "of the gateway"},
                   {.name = "--authz-port", .value = "PORT", .help = "of rescind authz"},
                   {.name = "--service-port", .value = "PORT", .help = "of what is behind it"}},
       .run = print_config}};
}

}  // namespace rescind::cli

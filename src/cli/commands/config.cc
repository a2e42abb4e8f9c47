#include <cstdio>

#include "cli/commands/commands.h"
#include "cli/output.h"
#include "cli/roles/process.h"
#include "cli/roles/role_table.h"
#include "daemon/config_show.h"

namespace rescind::cli {
namespace {

// Runs `use` with the schema of the role that was named, and what completes its settings.
template <typename Use>
Exit with_schema(const Invocation& invocation, const Use& use) {
  return with_role(invocation, [&use](auto& config) {
    daemon::Schema schema;
    describe(schema, config);
    return use(schema, [&config] { return complete(config); });
  });
}

Exit check(const Invocation& invocation) {
  return with_schema(invocation, [&](daemon::Schema& schema, auto completed) {
    auto loaded = load_settings(schema, invocation);
    if (loaded) loaded = completed();
    if (!loaded) return report(Exit::kConfiguration, loaded.error().message);
    say(invocation.globals, "the configuration is good");
    return Exit::kOk;
  });
}

Exit show(const Invocation& invocation) {
  return with_schema(invocation, [&](daemon::Schema& schema, auto) {
    if (const auto loaded = load_settings(schema, invocation); !loaded) {
      return report(Exit::kConfiguration, loaded.error().message);
    }
    for (const daemon::ShownSetting& setting : daemon::shown_settings(schema)) {
      std::printf("%-36s %-40s %s\n", setting.path.c_str(), setting.value.c_str(),
                  setting.origin.c_str());
    }
    return Exit::kOk;
  });
}

Exit print_schema(const Invocation& invocation) {
  return with_schema(invocation, [&](daemon::Schema& schema, auto) {
    std::printf("%s\n", daemon::json_schema(schema, "Rescind configuration").c_str());
    return Exit::kOk;
  });
}

}  // namespace

std::vector<Command> config_commands() {
  const std::vector<Option> role = {role_option()};
  return {{.words = {"config", "check"},
           .summary = "whether a configuration is good",
           .positionals = {},
           .options = role,
           .run = check},
          {.words = {"config", "show"},
           .summary = "every setting with where its value came from",
           .positionals = {},
           .options = role,
           .run = show},
          {.words = {"config", "schema"},
           .summary = "the JSON Schema of the file, for editors",
           .positionals = {},
           .options = role,
           .run = print_schema}};
}

}  // namespace rescind::cli

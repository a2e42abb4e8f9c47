#include "cli/roles/denylist_config.h"

namespace rescind::cli {

void describe(daemon::Schema& schema, DenylistConfig& config) {
  schema.number("version", config.version, {1, 1}, "of this format").required();
  schema.text("listen.admin", config.admin_listen, "address:port of health and metrics");
  schema
      .text("denylist.url", config.url,
            "redis://[user:password@]host[:port][/name], by default rescind.<feed>.denylist")
      .required();
  describe_following(schema, config);
  schema.choice("log.format", config.log_format, {{"text", "text"}, {"json", "json"}}, "of a line");
  schema.choice("log.level", config.log_level,
                {{"debug", "debug"}, {"info", "info"}, {"warning", "warning"}, {"error", "error"}},
                "what is left out below it");
}

Result<void> complete(DenylistConfig& config) { return complete_following(config); }

}  // namespace rescind::cli

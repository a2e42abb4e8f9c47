#pragma once
// The settings of `rescind denylist`, as one table (daemon/config.h).

#include <cstdint>
#include <string>

#include "cli/roles/follow_config.h"
#include "daemon/config.h"

namespace rescind::cli {

struct DenylistConfig : FollowConfig {
  std::int64_t version = 1;
  std::string admin_listen = "127.0.0.1:8487";
  std::string url;
  std::string log_format = "text";
  std::string log_level = "info";
};

void describe(daemon::Schema& schema, DenylistConfig& config);
Result<void> complete(DenylistConfig& config);

}  // namespace rescind::cli

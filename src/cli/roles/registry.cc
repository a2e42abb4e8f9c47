#include "cli/roles/registry.h"

namespace rescind::cli {

transport::Registry all_adapters() {
  transport::Registry registry;
  transport::add_http_adapters(registry);
  return registry;
}

}  // namespace rescind::cli

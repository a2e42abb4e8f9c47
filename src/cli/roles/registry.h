#pragma once
// The roads of a feed that this program is linked with.

#include "transport/registry.h"

namespace rescind::cli {

transport::Registry all_adapters();

}  // namespace rescind::cli

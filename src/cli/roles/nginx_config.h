#pragma once
// The nginx configuration for forward authentication: the one that `rescind dev` runs, and a start
// for anybody's own. Pure.

#include <cstdint>
#include <string>

#include "gateway/identity_headers.h"

namespace rescind::cli {

struct NginxOptions {
  std::string folder;            // for its pid, logs and temporary files; absolute
  std::uint16_t port = 0;        // of the gateway, on loopback
  std::uint16_t authz_port = 0;  // of `rescind authz`
  std::uint16_t service_port = 0;
};

std::string nginx_config(const NginxOptions& options, const gateway::IdentityHeaders& identity);

}  // namespace rescind::cli

#include "cli/roles/nginx_config.h"

#include <gtest/gtest.h>

namespace rescind::cli {
namespace {

TEST(NginxConfig, TakesAndSetsEveryIdentityHeader) {
  const std::string config =
      nginx_config({.folder = "/tmp/x", .port = 1, .authz_port = 2, .service_port = 3},
                   gateway::IdentityHeaders());
  for (const char* line :
       {"auth_request_set $rescind_x_user_id $upstream_http_x_user_id;",
        "proxy_set_header X-User-Id $rescind_x_user_id;",
        "proxy_set_header X-Token-Scope $rescind_x_token_scope;", "~*x[-_]user[-_]id 1;",
        "listen 127.0.0.1:1;", "server 127.0.0.1:2;", "server 127.0.0.1:3;",
        "pid /tmp/x/nginx.pid;", "error_page 403 = @rescind_undecided;"}) {
    EXPECT_NE(config.find(line), std::string::npos) << line;
  }
  EXPECT_EQ(config.find("@SET@"), std::string::npos);
  EXPECT_EQ(config.find("@PORT@"), std::string::npos);
}

}  // namespace
}  // namespace rescind::cli

#include "cli/roles/nginx_config.h"

#include <algorithm>
#include <string_view>

namespace rescind::cli {
namespace {

std::string lower_with(std::string_view name, char separator) {
  std::string made;
  for (const char c : name) {
    if (c == '-' || c == '_') {
      made += separator;
    } else {
      made += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
  }
  return made;
}

// X-User-Id → x[-_]user[-_]id
std::string either_twin(std::string_view name) {
  std::string pattern;
  for (const char c : lower_with(name, '-')) pattern += c == '-' ? "[-_]" : std::string(1, c);
  return pattern;
}

void replace(std::string& text, std::string_view what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), by);
    at += by.size();
  }
}

constexpr std::string_view kTemplate = R"(# Forward authentication with Rescind.
daemon off;
worker_processes 1;
pid @FOLDER@/nginx.pid;
error_log @FOLDER@/nginx-error.log warn;
events { worker_connections 1024; }

http {
  access_log off;
  client_body_temp_path @FOLDER@/nginx-body;
  proxy_temp_path @FOLDER@/nginx-proxy;
  fastcgi_temp_path @FOLDER@/nginx-fastcgi;
  uwsgi_temp_path @FOLDER@/nginx-uwsgi;
  scgi_temp_path @FOLDER@/nginx-scgi;

  # Headers with an underscore could pass for ours at an upstream: they are dropped.
  underscores_in_headers off;
  ignore_invalid_headers on;

  upstream rescind_authz { server 127.0.0.1:@AUTHZ@; keepalive 32; }
  upstream service { server 127.0.0.1:@SERVICE@; keepalive 32; }

  # A Connection header that names an identity header would make a hop behind us drop it.
  map $http_connection $rescind_connection_abuse {
    default 0;
@ABUSE@  }

  server {
    listen 127.0.0.1:@PORT@;
    if ($rescind_connection_abuse) { return 400; }

    location / {
      auth_request /_rescind;
      auth_request_set $rescind_reason $upstream_http_x_rescind_reason;
@TAKE@      error_page 403 = @rescind_undecided;

      # Each of them is set always: a client's own copy never gets through.
@SET@      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_pass http://service;
    }

    location = /_rescind {
      internal;
      proxy_pass http://rescind_authz/authz/forward-auth;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header X-Original-Connection $http_connection;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }

    # auth_request hands on 401 and 403 only; "cannot decide" arrives as a 403 with its reason.
    location @rescind_undecided {
      default_type application/problem+json;
      if ($rescind_reason = stale) {
        add_header Retry-After 1 always;
        return 503 '{"type":"about:blank","title":"Service Unavailable","status":503}';
      }
      return 403 '{"type":"about:blank","title":"Forbidden","status":403}';
    }
  }
}
)";

}  // namespace

std::string nginx_config(const NginxOptions& options, const gateway::IdentityHeaders& identity) {
  std::string abuse;
  std::string take;
  std::string set;
  for (const gateway::IdentityHeader& header : identity.all()) {
    const std::string variable = lower_with(header.name, '_');
    abuse += "    ~*" + either_twin(header.name) + " 1;\n";
    take += "      auth_request_set $rescind_" + variable + " $upstream_http_" + variable + ";\n";
    set += "      proxy_set_header " + header.name + " $rescind_" + variable + ";\n";
  }
  std::string text(kTemplate);
  replace(text, "@ABUSE@", abuse);
  replace(text, "@TAKE@", take);
  replace(text, "@SET@", set);
  replace(text, "@FOLDER@", options.folder);
  replace(text, "@PORT@", std::to_string(options.port));
  replace(text, "@AUTHZ@", std::to_string(options.authz_port));
  replace(text, "@SERVICE@", std::to_string(options.service_port));
  return text;
}

}  // namespace rescind::cli

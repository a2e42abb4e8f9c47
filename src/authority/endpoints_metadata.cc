// /.well-known: the key set (RFC 7517) and the authority's metadata (RFC 8414, OIDC Discovery).

#include <algorithm>

#include "authority/answers.h"
#include "authority/browser.h"
#include "authority/surface.h"

namespace rescind::authority {
namespace {

using net::PathParameters;
using net::Request;
using net::Responder;

// Anybody may read it and keep it for a while, pages of other origins too.
net::Response published(std::string content_type) {
  net::Response response;
  response.content_type = std::move(content_type);
  response.headers.emplace_back("Access-Control-Allow-Origin", "*");
  return response;
}

void show_key_set(Surface& surface, const Request&, const PathParameters&, Responder responder) {
  net::Response response = published("application/jwk-set+json");
  response.shared_body = surface.keys.current()->jwks;
  // A key is published `publish_before` it signs: nobody may keep the set for as long.
  const auto half = std::max<std::int64_t>(surface.options.publish_before.count() / 2, 1);
  response.headers.emplace_back("Cache-Control", "public, max-age=" + std::to_string(half));
  responder.respond(std::move(response));
}

void write_list(json::Writer& out, std::string_view name,
                std::initializer_list<std::string_view> values) {
  out.name(name).array();
  for (const std::string_view value : values) out.value(value);
  out.end();
}

void show_metadata(Surface& surface, const Request&, const PathParameters&, Responder responder) {
  const std::string& issuer = surface.policy.issuer;
  const auto at = [&](std::string_view path) { return issuer + std::string(path); };
  const std::string_view algorithm = to_string(surface.options.algorithm);
  json::Writer out;
  out.object();
  out.member("issuer", std::string_view(issuer));
  out.member("jwks_uri", std::string_view(at("/.well-known/jwks.json")));
  out.member("token_endpoint", std::string_view(at("/oauth2/token")));
  out.member("revocation_endpoint", std::string_view(at("/oauth2/revoke")));
  out.member("introspection_endpoint", std::string_view(at("/oauth2/introspect")));
  if (surface.options.password_grant) {
    write_list(out, "grant_types_supported", {"refresh_token", "client_credentials", "password"});
  } else {
    write_list(out, "grant_types_supported", {"refresh_token", "client_credentials"});
  }
  write_list(out, "response_types_supported", {});
  write_list(out, "subject_types_supported", {"public"});
  if (algorithm == "RS256") {
    write_list(out, "id_token_signing_alg_values_supported", {"RS256"});
  } else {
    write_list(out, "id_token_signing_alg_values_supported", {algorithm, "RS256"});
  }
  for (const std::string_view endpoint : {"token", "revocation", "introspection"}) {
    write_list(out, std::string(endpoint) + "_endpoint_auth_methods_supported",
               {"client_secret_basic", "client_secret_post", "none"});
  }
  out.name("scopes_supported").array();
  for (const std::string& scope : surface.options.scopes) out.value(std::string_view(scope));
  out.end();
  out.member("rescind_feed_endpoint", std::string_view(at("/v1/feed")));
  out.end();
  net::Response response = published("application/json");
  response.body = out.take();
  response.headers.emplace_back("Cache-Control", "public, max-age=300");
  responder.respond(std::move(response));
}

}  // namespace

void add_metadata_routes(net::Router& router, Surface& surface) {
  using net::Method;
  constexpr std::string_view kOauth = "/.well-known/oauth-authorization-server";
  constexpr std::string_view kOidc = "/.well-known/openid-configuration";
  route(router, surface, Method::kGet, "/.well-known/jwks.json", show_key_set);
  route(router, surface, Method::kGet, kOauth, show_metadata);
  route(router, surface, Method::kGet, kOidc, show_metadata);
  // An issuer with a path: RFC 8414 3.1 inserts before it, OIDC Discovery 4.1 appends.
  const std::string path = surface.policy.issuer.substr(origin_of(surface.policy.issuer).size());
  if (path.empty() || path.find_first_of("{}?#") != std::string::npos) return;
  route(router, surface, Method::kGet, std::string(kOauth) + path, show_metadata);
  route(router, surface, Method::kGet, path + std::string(kOidc), show_metadata);
}

}  // namespace rescind::authority

#include "issuer/discovery.h"

#include <optional>

#include "base/json.h"
#include "issuer/limits.h"
#include "net/url.h"

namespace rescind::issuer {
namespace {

constexpr json::Limits kLimits{.bytes = kMaxDocumentBytes, .depth = 16, .members = 8192};

}  // namespace

Result<void> check_url(std::string_view url) {
  TRY_ASSIGN(const net::Url parsed, net::Url::parse(url));
  if (parsed.https || net::is_loopback(parsed.host)) return {};
  return fail(ErrorCode::kInvalid,
              "keys are fetched by https alone (http at a loopback address): give such a URL");
}

std::string discovery_url(std::string_view issuer) {
  if (issuer.ends_with('/')) issuer.remove_suffix(1);
  return std::string(issuer) + "/.well-known/openid-configuration";
}

Result<std::string> key_set_url(std::string_view document, std::string_view issuer) {
  json::Reader reader;
  const Result<json::Value> root = reader.parse(document, kLimits);
  if (!root || !root->is_object()) {
    return fail(ErrorCode::kInvalid, "the discovery document is no JSON object");
  }
  const std::optional<json::Value> named = root->find("issuer");
  if (!named || named->string() != issuer) {
    return fail(ErrorCode::kInvalid,
                "the discovery document is of another issuer; both have to be equal byte for byte");
  }
  const std::optional<json::Value> member = root->find("jwks_uri");
  const std::optional<std::string_view> url = member ? member->string() : std::nullopt;
  if (!url) return fail(ErrorCode::kInvalid, "the discovery document has no jwks_uri");
  TRY(check_url(*url));
  TRY_ASSIGN(const net::Url place, net::Url::parse(*url));
  TRY_ASSIGN(const net::Url home, net::Url::parse(issuer));
  if (net::is_loopback(place.host) && !net::is_loopback(home.host)) {
    return fail(ErrorCode::kInvalid, "the discovery document points at a loopback address");
  }
  return std::string(*url);
}

}  // namespace rescind::issuer

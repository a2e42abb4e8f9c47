#include "cli/roles/authz_config.h"

#include "cli/roles/process.h"

namespace rescind::cli {
namespace {

constexpr std::string_view kFeedPath = "/v1/feed";
// API keys are tokens of an issuer of their own (docs/formats.md, vectors/keys.json).
constexpr std::string_view kApiKeysPath = "/api-keys";
constexpr std::string_view kApiKeyType = "api-key+jwt";

}  // namespace

void describe(daemon::Schema& schema, AuthzConfig& config) {
  using std::chrono::hours;
  using std::chrono::seconds;
  schema.number("version", config.version, {1, 1}, "of this format").required();
  schema.text("listen.public", config.public_listen, "address:port where gateways ask");
  schema.text("listen.admin", config.admin_listen, "address:port of health and metrics");
  schema.text("issuer.url", config.issuer, "whose tokens are accepted, exactly as in `iss`")
      .required();
  schema.list("issuer.audiences", config.audiences, "one of them has to be in `aud`").required();
  schema.list("issuer.algorithms", config.algorithms, "allowed for its tokens");
  schema.text("issuer.jwks_url", config.jwks_url,
              "its keys; left out: at the authority of the feed");
  schema.truth("issuer.api_keys", config.api_keys, "accept API keys of that authority, too");
  schema.duration("issuer.max_key_age", config.max_key_age, {seconds(60), hours(24 * 30)},
                  "how long keys are used that cannot be fetched anew");
  schema.groups("trusted_issuers", config.trusted_issuers, describe_verified_issuer,
                "identity providers whose tokens are accepted beside them");
  schema.text("feed.url", config.feed_url, "https://HOST/v1/feed").required();
  schema.text("feed.name", config.feed_name, "the feed's name at that authority");
  schema.text("feed.keys_file", config.feed_keys_file,
              "a JWKS with the feed's keys, pinned; left out: from the authority over TLS");
  schema.text("feed.ca_file", config.ca_file, "PEM file of who signs the authority's certificate");
  schema.duration("feed.heartbeat", config.heartbeat, {Milliseconds(100), seconds(10)},
                  "as the authority has it");
  schema.text("follower.name", config.name, "in receipts and `follower ls`");
  schema.text("follower.client_id", config.client_id, "a client with the role `follow`");
  schema.secret("follower.client_secret", config.client_secret, "its secret");
  schema.text("follower.checkpoint", config.checkpoint,
              "a file that spares a restart the snapshot");
  schema.duration("revocation.max_staleness", config.max_staleness, {seconds(1), hours(24)},
                  "how old the knowledge may be");
  schema.choice("revocation.on_stale", config.on_stale,
                {{"refuse", verifier::OnStale::kRefuse},
                 {"accept", verifier::OnStale::kAccept},
                 {"introspect", verifier::OnStale::kIntrospect}},
                "what becomes of a good token beyond that");
  schema.text("revocation.introspection_url", config.introspection_url,
              "where to ask; left out: at the authority of the feed");
  schema.duration("verify.leeway", config.leeway, {seconds(0), verifier::kMaxLeeway},
                  "for clocks that differ");
  schema.duration("verify.max_token_lifetime", config.max_token_lifetime,
                  {seconds(60), hours(24 * 3650)}, "a token that lives longer is refused");
  schema.choice("gateway.answers", config.nginx_answers, {{"nginx", true}, {"rfc", false}},
                "nginx: \"cannot decide\" is 403, as auth_request hands on nothing else; rfc: 503");
  schema.map("gateway.headers", config.headers, "identity header: claim");
  schema.choice("log.format", config.log_format, {{"text", "text"}, {"json", "json"}}, "of a line");
  schema.choice("log.level", config.log_level,
                {{"debug", "debug"}, {"info", "info"}, {"warning", "warning"}, {"error", "error"}},
                "what is left out below it");
}

Result<void> complete(AuthzConfig& config) {
  if (!config.feed_url.ends_with(kFeedPath)) {
    return fail(ErrorCode::kInvalid, "feed.url has to end in /v1/feed");
  }
  std::string authority = config.feed_url.substr(0, config.feed_url.size() - kFeedPath.size());
  if (authority.starts_with("poll+")) authority.erase(0, 5);
  if (config.jwks_url.empty()) config.jwks_url = authority + "/.well-known/jwks.json";
  if (config.introspection_url.empty()) config.introspection_url = authority + "/oauth2/introspect";
  if (config.client_id.empty() != config.client_secret.empty()) {
    return fail(ErrorCode::kInvalid, "follower.client_id and follower.client_secret go together");
  }
  if (config.on_stale == verifier::OnStale::kIntrospect && config.client_id.empty()) {
    return fail(
        ErrorCode::kInvalid,
        "revocation.on_stale: introspect needs follower.client_id with the role introspect");
  }
  if (config.audiences.empty()) {
    return fail(ErrorCode::kInvalid, "issuer.audiences is empty: name what this service is called");
  }
  return {};
}

Result<std::vector<issuer::IssuerOptions>> issuers_of(const AuthzConfig& config) {
  issuer::IssuerOptions own;
  own.issuer = config.issuer;
  own.audiences = config.audiences;
  TRY_ASSIGN(own.algorithms, algorithms_of(config.algorithms, "issuer.algorithms"));
  own.jwks_url = config.jwks_url;
  own.max_key_age = config.max_key_age;
  if (!config.ca_file.empty()) {
    TRY_ASSIGN(own.authorities, read_text_file(config.ca_file));
  }
  std::vector<issuer::IssuerOptions> all = {own};
  if (config.api_keys) {
    own.issuer += kApiKeysPath;
    own.types = {std::string(kApiKeyType)};
    all.push_back(std::move(own));
  }
  for (const VerifiedIssuerConfig& trusted : config.trusted_issuers) {
    TRY_ASSIGN(issuer::IssuerOptions options, issuer_options_of(trusted));
    all.push_back(std::move(options));
  }
  return all;
}

}  // namespace rescind::cli

#include "cli/roles/authz_config.h"

namespace rescind::cli {

void describe(daemon::Schema& schema, AuthzConfig& config) {
  using std::chrono::hours;
  using std::chrono::seconds;
  schema.number("version", config.version, {1, 1}, "of this format").required();
  schema.text("listen.public", config.public_listen, "address:port where gateways ask");
  schema.text("listen.admin", config.admin_listen, "address:port of health and metrics");
  describe_following(schema, config);
  schema.list("issuer.audiences", config.audiences, "one of them has to be in `aud`").required();
  schema.groups("trusted_issuers", config.trusted_issuers, describe_verified_issuer,
                "identity providers whose tokens are accepted beside them");
  schema.choice("revocation.on_stale", config.on_stale,
                {{"refuse", verifier::OnStale::kRefuse},
                 {"accept", verifier::OnStale::kAccept},
                 {"introspect", verifier::OnStale::kIntrospect}},
                "what becomes of a good token beyond that");
  schema.choice("revocation.source", config.asks_denylist, {{"index", false}, {"redis", true}},
                "what is asked whether a token is revoked: an index of its own, which follows the "
                "feed, or at each request a denylist in Redis, which `rescind denylist` keeps");
  schema.text("revocation.denylist", config.denylist_url,
              "redis://[user:password@]host[:port][/name], by default rescind.<feed>.denylist");
  schema.text("revocation.introspection_url", config.introspection_url,
              "where to ask; left out: at the authority of the feed");
  schema.duration("revocation.position_wait", config.position_wait,
                  {Milliseconds(0), Milliseconds(5'000)},
                  "how long a request waits for the position that its caller names");
  schema.duration("verify.leeway", config.leeway, {seconds(0), verifier::kMaxLeeway},
                  "for clocks that differ");
  schema.duration("verify.max_token_lifetime", config.max_token_lifetime,
                  {seconds(60), hours(24 * 3650)}, "a token that lives longer is refused");
  schema.number(
      "verify.failed_signatures_per_second", config.failed_signatures, {0, 1'000'000},
      "from one source, before its unknown tokens are refused unseen; 0: no limit. Behind "
      "a gateway only with gateway.source_header, or one liar locks everybody out");
  schema.number("verify.failed_signatures_burst", config.failed_signatures_burst, {1, 1'000'000},
                "of them at once");
  schema.text("gateway.source_header", config.source_header,
              "which the gateway itself sets to the client's address; left out: who has connected");
  schema.choice("gateway.answers", config.nginx_answers, {{"nginx", true}, {"rfc", false}},
                "nginx: \"cannot decide\" is 403, as auth_request hands on nothing else; rfc: 503");
  schema.map("gateway.headers", config.headers, "identity header: claim");
  schema.choice("log.format", config.log_format, {{"text", "text"}, {"json", "json"}}, "of a line");
  schema.choice("log.level", config.log_level,
                {{"debug", "debug"}, {"info", "info"}, {"warning", "warning"}, {"error", "error"}},
                "what is left out below it");
}

Result<void> complete(AuthzConfig& config) {
  TRY(complete_following(config));
  if (config.introspection_url.empty()) {
    config.introspection_url = authority_of(config) + "/oauth2/introspect";
  }
  if (config.on_stale == verifier::OnStale::kIntrospect && config.client_id.empty()) {
    return fail(
        ErrorCode::kInvalid,
        "revocation.on_stale: introspect needs follower.client_id with the role introspect");
  }
  if (config.asks_denylist == config.denylist_url.empty()) {
    return fail(ErrorCode::kInvalid,
                "revocation.source: redis and revocation.denylist go together");
  }
  if (config.audiences.empty()) {
    return fail(ErrorCode::kInvalid, "issuer.audiences is empty: name what this service is called");
  }
  return {};
}

Result<std::vector<issuer::IssuerOptions>> issuers_of(const AuthzConfig& config) {
  issuer::IssuerOptions policy;
  policy.audiences = config.audiences;
  TRY_ASSIGN(std::vector<issuer::IssuerOptions> all,
             authority_issuers_of(config, std::move(policy)));
  for (const VerifiedIssuerConfig& trusted : config.trusted_issuers) {
    TRY_ASSIGN(issuer::IssuerOptions options, issuer_options_of(trusted));
    all.push_back(std::move(options));
  }
  return all;
}

}  // namespace rescind::cli

#include "cli/roles/authority_config.h"

namespace rescind::cli {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
constexpr Milliseconds kDay = hours(24);
constexpr Milliseconds kMinCanary{100};

void describe_client(daemon::Schema& schema, authority::ConfiguredClient& client) {
  schema.text("id", client.id, "the client's identifier").required();
  schema.secret("secret", client.secret, "its secret; left out: a public client");
  schema.text("request_key", client.request_key,
              "its public key for signed requests, a JWK: `rescind request-key FILE` prints it");
  schema.text("roles", client.roles, "words of: login sessions introspect revoke follow admin");
}

void describe_issuer(daemon::Schema& schema, TrustedIssuerConfig& issuer) {
  schema.text("url", issuer.url, "the issuer, exactly as in `iss`").required();
  schema.text("session_claim", issuer.session_claim, "the claim that carries the session");
  schema.list("revocable_claims", issuer.revocable_claims, "further claims that can be revoked");
  schema.duration("longest_lifetime", issuer.longest_lifetime, {minutes(1), kDay * 30},
                  "of a token of this issuer");
  schema.duration("longest_session", issuer.longest_session, {minutes(1), kDay * 400},
                  "of a session of this issuer");
}

void describe_authority(daemon::Schema& schema, AuthorityConfig& config) {
  authority::Options& options = config.authority;
  schema.text("authority.issuer", options.issuer, "the `iss` of our tokens, a URL").required();
  schema.duration("authority.access_ttl", config.access_ttl, {seconds(10), hours(24)},
                  "life of an access token");
  schema.duration("authority.refresh_ttl", config.refresh_ttl, {minutes(1), kDay * 400},
                  "life of a session");
  schema.duration("authority.reuse_grace", options.reuse_grace, {seconds(0), seconds(60)},
                  "a lost answer may be asked for again within this time; 0s: never");
  schema.choice("authority.algorithm", options.algorithm,
                {{"ES256", jwt::Algorithm::kEs256},
                 {"RS256", jwt::Algorithm::kRs256},
                 {"EdDSA", jwt::Algorithm::kEdDsa}},
                "signs our tokens");
  schema.duration("authority.rotate_every", config.rotate_every, {hours(1), kDay * 400},
                  "a new signing key");
  schema.choice("authority.on_history_lost", config.cut_on_history_lost,
                {{"cut", true}, {"alarm", false}}, "what a proven loss of history leads to");
  schema.duration(
      "authority.take_back_within", config.take_back_within, {seconds(0), seconds(30)},
      "how long lost batches are waited for, before that; nothing is committed meanwhile");
  schema.list("authority.audiences", options.audiences, "what a login may ask for; first: default");
  schema.list("authority.scopes", options.scopes, "what a login may ask for");
  schema.text("authority.default_scope", options.default_scope, "when it asks for none");
  schema.list("authority.revocable_claims", options.revocable_claims,
              "claims of our tokens that can be revoked beside the usual ones");
  schema.text("authority.master_key_file", config.master_key_file,
              "32 random bytes, made where there are none; not in the database's backups");
  schema.truth("authority.password_grant", options.password_grant,
               "RFC 6749 4.3 at /oauth2/token; RFC 9700 advises against it");
  schema.truth("authority.open_feed", options.open_feed,
               "followers need no client: for development");
  schema.number("authority.logins_per_account", config.logins_per_account, {1, 1'000'000},
                "attempts a minute with one name");
  schema.number("authority.logins_per_address", config.logins_per_address, {1, 1'000'000},
                "attempts a minute from one address");
  schema.number("authority.password_threads", config.password_threads, {1, 64},
                "hash passwords; more of them is more logins at once, and more of the machine");
  schema.list("authority.origins", options.origins,
              "browser origins that may sign in with a cookie");
  schema.text("authority.client_address_header", options.client_address_header,
              "where a proxy in front says who asks");
}

}  // namespace

void describe(daemon::Schema& schema, AuthorityConfig& config) {
  schema.number("version", config.version, {1, 1}, "of this format").required();
  schema.text("listen.public", config.public_listen, "address:port of the API and the feed");
  schema.text("listen.admin", config.admin_listen, "address:port of health and metrics");
  schema.text("listen.tls.cert", config.tls_certificate, "PEM file of the certificate chain");
  schema.text("listen.tls.key", config.tls_key, "PEM file of its key");
  describe_authority(schema, config);
  schema.text("store", config.store, "sqlite:FILE");
  schema.text("feed.name", config.authority.feed, "unique together with the issuer");
  schema.duration("feed.heartbeat", config.heartbeat, {Milliseconds(100), seconds(10)},
                  "how often followers hear that nothing has happened");
  schema.duration("feed.canary", config.canary, {Milliseconds(0), minutes(10)},
                  "how often a token that nobody has is revoked, to measure the way; 0s: never");
  schema.duration("feed.retention", config.retention, {minutes(10), kDay},
                  "how long batches are kept for followers that were away");
  schema.list("feed.transports", config.transports,
              "brokers that carry the feed beside this server, as kafka://HOST:PORT/TOPIC");
  schema.list("feed.requests", config.requests,
              "brokers on which services put signed requests to revoke, as in feed.transports");
  schema.text("feed.key_file", config.feed_key_file,
              "Ed25519 PEM that signs the feed, made where there is none; not in the backups");
  schema.groups("trusted_issuers", config.trusted_issuers, describe_issuer,
                "identity providers whose tokens can be revoked here");
  schema.groups("clients", config.authority.clients, describe_client,
                "who may call the API, and for what");
  schema.choice("log.format", config.log_format, {{"text", "text"}, {"json", "json"}}, "of a line");
  schema.choice("log.level", config.log_level,
                {{"debug", "debug"}, {"info", "info"}, {"warning", "warning"}, {"error", "error"}},
                "what is left out below it");
}

Result<void> complete(AuthorityConfig& config) {
  authority::Options& options = config.authority;
  options.access_ttl = std::chrono::duration_cast<seconds>(config.access_ttl);
  options.refresh_ttl = std::chrono::duration_cast<seconds>(config.refresh_ttl);
  options.rotate_every = std::chrono::duration_cast<seconds>(config.rotate_every);
  if (config.canary > Milliseconds(0) && config.canary < kMinCanary) {
    return fail(ErrorCode::kInvalid, "feed.canary: 0s, or at least 100ms");
  }
  options.canary = config.canary;
  const auto per_minute = [](std::int64_t attempts) {
    const auto rate = static_cast<double>(attempts);
    return authority::RateLimit{.burst = rate, .per_minute = rate};
  };
  options.logins_per_account = per_minute(config.logins_per_account);
  options.logins_per_address = per_minute(config.logins_per_address);
  options.password_threads = static_cast<unsigned>(config.password_threads);
  if (options.refresh_ttl < options.access_ttl) {
    return fail(ErrorCode::kInvalid, "authority.refresh_ttl is shorter than authority.access_ttl");
  }
  if (config.tls_certificate.empty() != config.tls_key.empty()) {
    return fail(ErrorCode::kInvalid, "listen.tls needs both cert and key");
  }
  if (!config.store.starts_with("sqlite:")) {
    return fail(ErrorCode::kInvalid, "store: only sqlite:FILE is built into this program");
  }
  for (const TrustedIssuerConfig& issuer : config.trusted_issuers) {
    options.foreign.push_back(
        {.issuer = issuer.url,
         .stamps = revocation::StampKind::kTime,
         .session_claims = {issuer.session_claim},
         .revocable_claims = issuer.revocable_claims,
         .longest_lifetime = std::chrono::duration_cast<seconds>(issuer.longest_lifetime),
         .longest_session = std::chrono::duration_cast<seconds>(issuer.longest_session)});
  }
  return {};
}

transport::FeedAccess access_of(const AuthorityConfig& config, const std::string& url) {
  transport::FeedAccess access;
  access.url = url;
  access.feed = config.authority.feed;
  access.heartbeat = config.heartbeat;
  access.retention = config.retention;
  return access;
}

}  // namespace rescind::cli

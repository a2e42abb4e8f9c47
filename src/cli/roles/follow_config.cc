#include "cli/roles/follow_config.h"

#include <unistd.h>

#include <array>

#include "cli/roles/issuer_config.h"
#include "cli/roles/process.h"

namespace rescind::cli {
namespace {

constexpr std::string_view kFeedPath = "/v1/feed";
// API keys are tokens of an issuer of their own (docs/formats.md, vectors/keys.json).
constexpr std::string_view kApiKeysPath = "/api-keys";
constexpr std::string_view kApiKeyType = "api-key+jwt";

std::string host_name() {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  return host.data();
}

}  // namespace

void describe_following(daemon::Schema& schema, FollowConfig& config) {
  using std::chrono::hours;
  using std::chrono::seconds;
  schema.text("issuer.url", config.issuer, "whose tokens are accepted, exactly as in `iss`")
      .required();
  schema.text("issuer.jwks_url", config.jwks_url,
              "its keys; left out: at the authority of the feed");
  schema.list("issuer.algorithms", config.algorithms, "allowed for its tokens");
  schema.truth("issuer.api_keys", config.api_keys, "accept API keys of that authority, too");
  schema.duration("issuer.max_key_age", config.max_key_age, {seconds(60), hours(24 * 30)},
                  "how long keys are used that cannot be fetched anew");
  schema.text("feed.url", config.feed_url, "https://HOST/v1/feed, or wss://HOST/v1/feed")
      .required();
  schema.list("feed.roads", config.feed_roads,
              "brokers that carry it too, as kafka://HOST:PORT/TOPIC: the first copy wins");
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
}

Result<void> complete_following(FollowConfig& config) {
  if (!config.feed_url.ends_with(kFeedPath)) {
    return fail(ErrorCode::kInvalid, "feed.url has to end in /v1/feed");
  }
  if (config.jwks_url.empty()) config.jwks_url = authority_of(config) + "/.well-known/jwks.json";
  if (config.client_id.empty() != config.client_secret.empty()) {
    return fail(ErrorCode::kInvalid, "follower.client_id and follower.client_secret go together");
  }
  return {};
}

std::string authority_of(const FollowConfig& config) {
  std::string authority = transport::http_url(config.feed_url);
  authority.resize(authority.size() - kFeedPath.size());
  return authority;
}

std::string api_key_issuer_of(const FollowConfig& config) {
  return config.issuer + std::string(kApiKeysPath);
}

Result<std::vector<issuer::IssuerOptions>> authority_issuers_of(const FollowConfig& config,
                                                                issuer::IssuerOptions policy) {
  policy.issuer = config.issuer;
  TRY_ASSIGN(policy.algorithms, algorithms_of(config.algorithms, "issuer.algorithms"));
  policy.jwks_url = config.jwks_url;
  policy.max_key_age = config.max_key_age;
  if (!config.ca_file.empty()) {
    TRY_ASSIGN(policy.authorities, read_text_file(config.ca_file));
  }
  std::vector<issuer::IssuerOptions> all = {policy};
  if (config.api_keys) {
    policy.issuer = api_key_issuer_of(config);
    policy.types = {std::string(kApiKeyType)};
    all.push_back(std::move(policy));
  }
  return all;
}

Result<std::shared_ptr<const net::TlsContext>> tls_of(const FollowConfig& config) {
  if (config.ca_file.empty()) return nullptr;
  TRY_ASSIGN(const std::string authorities, read_text_file(config.ca_file));
  return net::TlsContext::for_client(authorities);
}

Result<transport::Following::Options> following_of(const FollowConfig& config,
                                                   std::string_view what) {
  transport::Following::Options options;
  options.access.url = config.feed_url;
  options.access.client_id = config.client_id;
  options.access.client_secret = config.client_secret;
  TRY_ASSIGN(options.access.tls, tls_of(config));
  options.access.heartbeat = config.heartbeat;
  options.access.feed = config.feed_name;
  options.roads = config.feed_roads;
  options.checkpoint = config.checkpoint;
  if (!config.feed_keys_file.empty()) {
    TRY_ASSIGN(options.pinned_keys, read_text_file(config.feed_keys_file));
  }
  options.follower.name = config.name.empty() ? host_name() + "/" + std::string(what) : config.name;
  options.follower.issuer = config.issuer;
  options.follower.feed = config.feed_name;
  options.follower.heartbeat = config.heartbeat;
  options.follower.policy =
      std::string(to_string(config.on_stale)) + " " + std::to_string(config.max_staleness.count());
  return options;
}

}  // namespace rescind::cli

#include "cli/roles/agent_config.h"

#include <grp.h>
#include <sys/types.h>

#include <array>
#include <cerrno>

#include "cli/roles/process.h"

namespace rescind::cli {
namespace {

// What its tokens have to be like is for their readers to say; here are its keys.
void describe_shared_issuer(daemon::Schema& schema, VerifiedIssuerConfig& config) {
  using std::chrono::hours;
  using std::chrono::seconds;
  schema.text("url", config.url, "exactly as in `iss`").required();
  schema.list("algorithms", config.algorithms, "allowed for its tokens");
  schema.text("jwks_url", config.jwks_url, "its keys; left out: by OpenID Connect Discovery");
  schema.text("ca_file", config.ca_file,
              "PEM file of who signs its certificate; left out: the system's authorities");
  schema.duration("refresh_keys_every", config.refresh_keys_every, {seconds(10), hours(24)},
                  "how often its keys are fetched");
  schema.duration("max_key_age", config.max_key_age, {seconds(60), hours(24 * 30)},
                  "how long keys are used that cannot be fetched anew");
}

void describe_feed_client(daemon::Schema& schema, FeedClientConfig& client) {
  schema.text("id", client.id, "as it says in follower.client_id").required();
  schema.secret("secret", client.secret, "its secret").required();
}

void describe_serving(daemon::Schema& schema, AgentConfig& config) {
  using std::chrono::hours;
  using std::chrono::minutes;
  schema.text("serve.listen", config.serve_listen,
              "address:port where the feed is served on, once there is a client");
  schema.text("serve.tls.cert", config.serve_certificate, "PEM file of the certificate chain");
  schema.text("serve.tls.key", config.serve_key, "PEM file of its key");
  schema.groups("serve.clients", config.serve_clients, describe_feed_client,
                "who may follow this agent");
  schema.truth("serve.open", config.serve_open, "followers need no client: for development");
  schema.size("serve.memory", config.serve_memory,
              {std::uint64_t{1} << 20U, std::uint64_t{16} << 30U}, "batches kept for followers");
  schema.duration("serve.retention", config.serve_retention, {minutes(10), hours(24 * 7)},
                  "how long they are kept, as the authority's feed.retention");
}

Result<void> check_serving(const AgentConfig& config) {
  if (config.serve_certificate.empty() != config.serve_key.empty()) {
    return fail(ErrorCode::kInvalid, "serve.tls.cert and serve.tls.key go together");
  }
  if (!serves_feed(config)) return {};
  TRY(parse_listen(config.serve_listen));
  for (std::size_t i = 0; i < config.serve_clients.size(); ++i) {
    const FeedClientConfig& client = config.serve_clients[i];
    if (client.id.empty() || client.secret.empty()) {
      return fail(ErrorCode::kInvalid, "a client in serve.clients needs an id and a secret");
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (config.serve_clients[j].id == client.id) {
        return fail(ErrorCode::kInvalid, "serve.clients: '" + client.id + "' stands there twice");
      }
    }
  }
  return {};
}

Result<gid_t> group_named(const std::string& name) {
  std::array<char, 16'384> buffer{};
  struct group entry{};
  struct group* found = nullptr;
  const int error = getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (error == 0 && found != nullptr) return found->gr_gid;
  return fail(ErrorCode::kInvalid, "agent.group: there is no group '" + name + "' on this host");
}

}  // namespace

void describe(daemon::Schema& schema, AgentConfig& config) {
  schema.number("version", config.version, {1, 1}, "of this format").required();
  schema.text("listen.admin", config.admin_listen, "address:port of health and metrics");
  schema.text("agent.index", config.index, "the file in shared memory that readers attach to");
  schema.text("agent.group", config.group,
              "the group that may read it; left out: the agent's user alone");
  schema.number("agent.max_entries", config.max_entries, {1'000, 4'294'967'296},
                "revocations that it may hold; it takes memory for those that it holds");
  describe_following(schema, config);
  describe_serving(schema, config);
  schema.choice("revocation.on_stale", config.on_stale,
                {{"refuse", verifier::OnStale::kRefuse}, {"accept", verifier::OnStale::kAccept}},
                "what readers do beyond that, as receipts tell it");
  schema.groups("trusted_issuers", config.trusted_issuers, describe_shared_issuer,
                "identity providers whose keys are shared beside the authority's");
  schema.choice("log.format", config.log_format, {{"text", "text"}, {"json", "json"}}, "of a line");
  schema.choice("log.level", config.log_level,
                {{"debug", "debug"}, {"info", "info"}, {"warning", "warning"}, {"error", "error"}},
                "what is left out below it");
}

bool serves_feed(const AgentConfig& config) {
  return config.serve_open || !config.serve_clients.empty();
}

Result<void> complete(AgentConfig& config) {
  TRY(complete_following(config));
  TRY(check_serving(config));
  if (!config.index.starts_with('/')) {
    return fail(ErrorCode::kInvalid, "agent.index has to be an absolute path, as in /dev/shm");
  }
  return {};
}

Result<agent::Agent::Options> agent_options_of(const AgentConfig& config) {
  agent::Agent::Options options;
  options.index.file.path = config.index;
  if (!config.group.empty()) {
    TRY_ASSIGN(options.index.file.group, group_named(config.group));
  }
  options.index.max_entries = static_cast<std::size_t>(config.max_entries);
  TRY_ASSIGN(options.following, following_of(config, config.index));
  TRY_ASSIGN(options.issuers, authority_issuers_of(config));
  for (const VerifiedIssuerConfig& trusted : config.trusted_issuers) {
    TRY_ASSIGN(issuer::IssuerOptions issuer, issuer_options_of(trusted));
    options.issuers.push_back(std::move(issuer));
  }
  if (!serves_feed(config)) return options;
  agent::ServedFeed::Options& serve = options.serve.emplace();
  for (const FeedClientConfig& client : config.serve_clients) {
    serve.clients.push_back({.id = client.id, .secret = client.secret});
  }
  serve.open = config.serve_open;
  serve.heartbeat = config.heartbeat;
  serve.log.max_bytes = static_cast<std::size_t>(config.serve_memory);
  serve.log.retention = config.serve_retention;
  return options;
}

}  // namespace rescind::cli

#include "cli/roles/agent_config.h"

#include <grp.h>
#include <sys/types.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "cli/roles/process.h"

namespace rescind::cli {
namespace {

constexpr std::size_t kMostFeeds = 16;
constexpr std::size_t kLongestLabel = 32;

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

void describe_serving(daemon::Schema& schema, AgentFeedConfig& config) {
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

Result<void> check_serving(const AgentFeedConfig& config) {
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

struct IndexSettings {
  std::string path;
  std::string max_entries;
};

daemon::Setting& describe_index(daemon::Schema& schema, AgentFeedConfig& feed,
                                IndexSettings names) {
  schema.number(std::move(names.max_entries), feed.max_entries, {1'000, 4'294'967'296},
                "revocations that it may hold; it takes memory for those that it holds");
  return schema.text(std::move(names.path), feed.index,
                     "the file in shared memory that readers attach to");
}

// All that one feed has but its index, whose settings are called otherwise where it is alone.
void describe_rest(daemon::Schema& schema, AgentFeedConfig& feed) {
  describe_following(schema, feed);
  describe_serving(schema, feed);
  schema.choice("revocation.on_stale", feed.on_stale,
                {{"refuse", verifier::OnStale::kRefuse}, {"accept", verifier::OnStale::kAccept}},
                "what readers do beyond that, as receipts tell it");
  schema.groups("trusted_issuers", feed.trusted_issuers, describe_shared_issuer,
                "identity providers whose keys are shared beside the authority's");
}

void describe_alone(daemon::Schema& schema, AgentFeedConfig& feed) {
  describe_index(schema, feed, {.path = "agent.index", .max_entries = "agent.max_entries"});
  describe_rest(schema, feed);
}

// As `describe_alone` has them, with a name, and without a default that two of them would share.
void describe_named(daemon::Schema& schema, AgentFeedConfig& feed) {
  schema.text("name", feed.label, "in health, metrics and the log").required();
  describe_index(schema, feed, {.path = "index", .max_entries = "max_entries"}).required();
  describe_rest(schema, feed);
}

Result<void> complete_feed(AgentFeedConfig& feed) {
  TRY(complete_following(feed));
  TRY(check_serving(feed));
  if (!feed.index.starts_with('/')) {
    return fail(ErrorCode::kInvalid, std::string(feed.label.empty() ? "agent.index" : "index") +
                                         " has to be an absolute path, as in /dev/shm");
  }
  return {};
}

Result<void> check_label(const std::string& label) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  if (!label.empty() && label.size() <= kLongestLabel && std::ranges::all_of(label, fits))
    return {};
  return fail(ErrorCode::kInvalid, "feeds: a name is 1 to " + std::to_string(kLongestLabel) +
                                       " of a-z, 0-9, '-', '_' and '.', not '" +
                                       label.substr(0, kLongestLabel) + "'");
}

std::string normal(const std::string& path) {
  return path.empty() ? path : std::filesystem::path(path).lexically_normal().string();
}

// Whom a feed may revoke, as `iss` says it.
std::vector<std::string> issuers_of(const AgentFeedConfig& feed) {
  std::vector<std::string> issuers = {feed.issuer};
  if (feed.api_keys) issuers.push_back(api_key_issuer_of(feed));
  for (const VerifiedIssuerConfig& trusted : feed.trusted_issuers) issuers.push_back(trusted.url);
  return issuers;
}

// Empty: nothing that another could have, too.
std::string served_at(const AgentFeedConfig& feed) {
  return serves_feed(feed) && !feed.serve_listen.ends_with(":0") ? feed.serve_listen : "";
}

// What two feeds have to have each for itself.
Result<void> check_apart(const AgentFeedConfig& one, const AgentFeedConfig& other) {
  const auto both = [&](const std::string& what, const std::string& rule) {
    return fail(ErrorCode::kInvalid, "feeds '" + one.label + "' and '" + other.label +
                                         "' both have " + what + "; " + rule);
  };
  if (one.label == other.label) return both("this name", "each has a name of its own");
  if (normal(one.index) == normal(other.index)) {
    return both("the index " + one.index, "each has a file of its own");
  }
  if (!one.checkpoint.empty() && normal(one.checkpoint) == normal(other.checkpoint)) {
    return both("the follower.checkpoint " + one.checkpoint, "each has a file of its own");
  }
  if (!served_at(one).empty() && served_at(one) == served_at(other)) {
    return both("the serve.listen " + one.serve_listen, "each has an address or port of its own");
  }
  const std::vector<std::string> theirs = issuers_of(other);
  for (const std::string& issuer : issuers_of(one)) {
    if (std::ranges::find(theirs, issuer) != theirs.end()) {
      return both("the issuer " + issuer, "one feed alone may revoke an issuer's tokens");
    }
  }
  return {};
}

}  // namespace

void describe(daemon::Schema& schema, AgentConfig& config) {
  schema.number("version", config.version, {1, 1}, "of this format").required();
  schema.text("listen.admin", config.admin_listen, "address:port of health and metrics");
  schema.text("agent.group", config.group,
              "the group that may read it; left out: the agent's user alone");
  schema
      .one_or_groups("feeds", config.alone, describe_alone, config.feeds, describe_named,
                     "several feeds, each with what else stands at the top (index and max_entries "
                     "without `agent`)")
      .counting({1, kMostFeeds});
  schema.choice("log.format", config.log_format, {{"text", "text"}, {"json", "json"}}, "of a line");
  schema.choice("log.level", config.log_level,
                {{"debug", "debug"}, {"info", "info"}, {"warning", "warning"}, {"error", "error"}},
                "what is left out below it");
}

bool serves_feed(const AgentFeedConfig& feed) {
  return feed.serve_open || !feed.serve_clients.empty();
}

std::string prefix_of(const AgentFeedConfig& feed) {
  return feed.label.empty() ? "" : "feed '" + feed.label + "': ";
}

Result<void> complete(AgentConfig& config) {
  if (config.feeds.empty()) {
    TRY(complete_feed(config.alone));
    config.feeds.push_back(config.alone);
    return {};
  }
  for (std::size_t i = 0; i < config.feeds.size(); ++i) {
    AgentFeedConfig& feed = config.feeds[i];
    TRY(check_label(feed.label));
    const auto completed = complete_feed(feed);
    if (!completed) {
      return fail(completed.error().code, prefix_of(feed) + completed.error().message);
    }
    for (std::size_t j = 0; j < i; ++j) TRY(check_apart(config.feeds[j], feed));
  }
  return {};
}

Result<agent::Agent::Options> agent_options_of(const AgentFeedConfig& feed,
                                               const std::string& group) {
  agent::Agent::Options options;
  options.index.file.path = feed.index;
  if (!group.empty()) {
    TRY_ASSIGN(options.index.file.group, group_named(group));
  }
  options.index.max_entries = static_cast<std::size_t>(feed.max_entries);
  TRY_ASSIGN(options.following, following_of(feed, feed.index));
  TRY_ASSIGN(options.issuers, authority_issuers_of(feed));
  for (const VerifiedIssuerConfig& trusted : feed.trusted_issuers) {
    TRY_ASSIGN(issuer::IssuerOptions issuer, issuer_options_of(trusted));
    options.issuers.push_back(std::move(issuer));
  }
  if (!serves_feed(feed)) return options;
  agent::ServedFeed::Options& serve = options.serve.emplace();
  for (const FeedClientConfig& client : feed.serve_clients) {
    serve.clients.push_back({.id = client.id, .secret = client.secret});
  }
  serve.open = feed.serve_open;
  serve.heartbeat = feed.heartbeat;
  serve.log.max_bytes = static_cast<std::size_t>(feed.serve_memory);
  serve.log.retention = feed.serve_retention;
  return options;
}

}  // namespace rescind::cli

#include "library/config.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/json.h"
#include "library/config_object.h"
#include "verifier/verifier.h"

namespace rescind::library {
namespace {

constexpr json::Limits kLimits{.bytes = std::size_t{1} << 20U, .depth = 8, .members = 16'384};
constexpr std::size_t kMaxIssuers = 256;
constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::string_view kFeedPath = "/v1/feed";

std::optional<uid_t> user_named(std::string_view name) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 16'384> buffer;
  if (getpwnam_r(std::string(name).c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr) {
    return std::nullopt;
  }
  return found->pw_uid;
}

void read_owner(ConfigObject& object, std::optional<uid_t>& owner) {
  const auto value = object.any("index_owner");
  if (!value) return;
  if (const auto number = value->unsigned_integer()) {
    if (*number < std::numeric_limits<uid_t>::max()) {
      owner = static_cast<uid_t>(*number);
      return;
    }
  } else if (const auto name = value->string()) {
    owner = user_named(*name);
    if (owner) return;
  }
  object.refuse("index_owner", "is no user of this host: a name or a uid");
}

void read_milliseconds(ConfigObject& object, std::string_view name, Milliseconds& out,
                       ConfigObject::Range range) {
  std::int64_t count = out.count();
  object.integer(name, count, range);
  out = Milliseconds(count);
}

// The options have whole seconds.
void read_seconds(ConfigObject& object, std::string_view name, std::chrono::seconds& out,
                  ConfigObject::Range range) {
  std::int64_t count = Milliseconds(out).count();
  object.integer(name, count, range);
  if (count % 1000 != 0) object.refuse(name, "has to be whole seconds, as 5000");
  out = std::chrono::seconds(count / 1000);
}

void read_policy(ConfigObject& object, verifier::Options& options) {
  read_milliseconds(object, "max_staleness_ms", options.max_staleness, {1000, kDayMs});
  read_seconds(object, "leeway_ms", options.leeway,
               {0, Milliseconds(verifier::kMaxLeeway).count()});
  read_seconds(object, "max_token_lifetime_ms", options.max_token_lifetime,
               {1000, 36'500 * kDayMs});
  auto tokens = static_cast<std::int64_t>(options.cached_tokens);
  object.integer("cached_tokens", tokens, {0, 1 << 24});
  options.cached_tokens = static_cast<std::size_t>(tokens);
  const auto value = object.any("on_stale");
  if (!value) return;
  const auto policy = verifier::on_stale_named(value->string().value_or(""));
  // Asking somebody would make a caller wait, which nothing here does.
  if (!policy || *policy == verifier::OnStale::kIntrospect) {
    return object.refuse("on_stale", R"(has to be "refuse" or "accept")");
  }
  options.on_stale = *policy;
}

std::string host_name() {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  return host.data();
}

Result<FeedConfig> feed_of(json::Value value) {
  FeedConfig feed;
  ConfigObject object(value, "feed.");
  object.text("url", feed.access.url);
  object.text("issuer", feed.issuer);
  object.text("name", feed.name);
  object.text("client_id", feed.access.client_id);
  object.secret("client_secret", feed.access.client_secret);
  object.text_or_file("keys", feed.keys);
  object.file("ca_file", feed.authorities);
  object.text("checkpoint", feed.checkpoint);
  object.text("follower", feed.follower);
  read_milliseconds(object, "heartbeat_ms", feed.access.heartbeat, {100, 10'000});
  if (!feed.access.url.ends_with(kFeedPath)) object.refuse("url", "has to end in /v1/feed");
  if (feed.access.client_id.empty() != feed.access.client_secret.empty()) {
    object.refuse("client_id", "goes together with client_secret");
  }
  TRY(object.finish());
  if (feed.issuer.empty()) {
    feed.issuer = transport::http_url(feed.access.url);
    feed.issuer.resize(feed.issuer.size() - kFeedPath.size());
  }
  if (feed.follower.empty()) feed.follower = host_name() + "/" + std::to_string(getpid());
  return feed;
}

// Where an issuer's revocations are: its own index, or the one that is named for all.
void read_index(ConfigObject& object, const std::string& for_all, SharedConfig& shared,
                issuer::IssuerOptions& issuer) {
  std::string path = for_all;
  object.text("index", path);
  if (path.empty()) {
    return object.refuse(
        "index", "is missing: here, or beside issuers for all of them (or there has to be a feed)");
  }
  const auto known = std::ranges::find(shared.paths, path);
  issuer.index = static_cast<std::size_t>(known - shared.paths.begin());
  if (known != shared.paths.end()) return;
  if (shared.paths.size() == verifier::Verifier::kMaxIndexes) {
    return object.refuse("index", "is one too many: there can be " +
                                      std::to_string(verifier::Verifier::kMaxIndexes) + " of them");
  }
  shared.paths.push_back(std::move(path));
}

Result<issuer::IssuerOptions> issuer_of(json::Value value, const std::string& place,
                                        const std::string& index, SharedConfig* shared) {
  issuer::IssuerOptions issuer;
  std::vector<std::string> algorithms = {"ES256", "RS256", "EdDSA"};
  ConfigObject object(value, place);
  if (shared != nullptr) read_index(object, index, *shared, issuer);
  object.text("issuer", issuer.issuer);
  object.texts("audiences", issuer.audiences);
  object.texts("algorithms", algorithms);
  object.texts("types", issuer.types);
  object.truth("type_required", issuer.type_required);
  object.truth("token_id_required", issuer.token_id_required);
  object.text("jwks_url", issuer.jwks_url);
  object.file("ca_file", issuer.authorities);
  object.secret("shared_secret", issuer.shared_secret);
  object.text("shared_secret_kid", issuer.shared_secret_key_id);
  read_milliseconds(object, "refresh_keys_every_ms", issuer.refresh_every, {10'000, kDayMs});
  read_milliseconds(object, "max_key_age_ms", issuer.max_key_age, {60'000, 30 * kDayMs});
  for (const std::string& name : algorithms) {
    const auto algorithm = jwt::algorithm_named(name);
    if (!algorithm) object.refuse("algorithms", "there is no " + name);
    issuer.algorithms.push_back(algorithm.value_or(jwt::Algorithm{}));
  }
  if (issuer.issuer.empty()) object.refuse("issuer", "is missing: `iss`, byte for byte");
  // To look at no audience is a choice that has to be seen: "audiences": [].
  if (!value.find("audiences"))
    object.refuse("audiences", "is missing; []: `aud` is not looked at");
  TRY(object.finish());
  return issuer;
}

void read_issuers(ConfigObject& object, std::vector<json::Value>& out) {
  const auto value = object.any("issuers");
  if (!value) return;
  if (!value->is_array() || value->size() > kMaxIssuers) {
    return object.refuse("issuers", "has to be an array of at most 256 objects");
  }
  for (auto element = value->first(); element; element = element->next()) out.push_back(*element);
}

}  // namespace

Result<Config> parse_config(std::string_view json) {
  json::Reader reader;
  const auto root = reader.parse(json, kLimits);
  if (!root) return fail(ErrorCode::kInvalid, "the configuration: " + root.error().message);
  Config config;
  ConfigObject object(*root, "");
  SharedConfig shared;
  std::string index;  // of all issuers that have none of their own
  std::vector<json::Value> issuers;
  object.text("index", index);
  read_owner(object, shared.owner);
  const auto feed = object.any("feed");
  if (feed && shared.owner) object.refuse("index_owner", "goes together with index");
  read_issuers(object, issuers);
  read_policy(object, config.verify);
  const bool both = !index.empty() && feed;
  const bool neither = index.empty() && !feed && issuers.empty();
  if (both || neither) {
    object.refuse(
        "index",
        "one of index (an agent's, as \"/dev/shm/rescind.index\") and feed has to be there");
  }
  TRY(object.finish());
  if (feed) {
    TRY_ASSIGN(config.feed, feed_of(*feed));
  } else {
    if (!index.empty()) shared.paths.push_back(index);
    config.shared = std::move(shared);
  }
  for (std::size_t i = 0; i < issuers.size(); ++i) {
    TRY_ASSIGN(issuer::IssuerOptions issuer,
               issuer_of(issuers[i], "issuers[" + std::to_string(i) + "].", index,
                         config.shared ? &*config.shared : nullptr));
    config.issuers.push_back(std::move(issuer));
  }
  return config;
}

}  // namespace rescind::library

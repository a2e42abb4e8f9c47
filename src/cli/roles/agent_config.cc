#include "cli/roles/agent_config.h"

#include <grp.h>
#include <sys/types.h>

#include <array>
#include <cerrno>

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

Result<void> complete(AgentConfig& config) {
  TRY(complete_following(config));
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
  return options;
}

}  // namespace rescind::cli

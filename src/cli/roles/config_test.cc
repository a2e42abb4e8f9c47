#include <gtest/gtest.h>

#include <fstream>

#include "cli/roles/authority_config.h"
#include "cli/roles/authz_config.h"
#include "cli/roles/process.h"

namespace rescind::cli {
namespace {

template <typename Config>
Result<Config> load_text(const std::string& yaml) {
  Config config;
  daemon::Schema schema;
  describe(schema, config);
  daemon::Sources sources;
  sources.file_name = "rescind.yaml";
  sources.file_text = yaml;
  TRY(daemon::load(schema, sources));
  TRY(complete(config));
  return config;
}

TEST(AuthorityConfig, ReadsWhatAnOperatorWrites) {
  const auto config = load_text<AuthorityConfig>(R"(
version: 1
authority: { issuer: "https://auth.example.com", access_ttl: 5m, algorithm: EdDSA, reuse_grace: 0s }
store: "sqlite:/var/lib/rescind/rescind.db"
clients:
  - { id: admin, secret: s, roles: admin }
trusted_issuers:
  - { url: "https://id.corp.example", session_claim: session_id, revocable_claims: [tenant] }
)");
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->authority.access_ttl, std::chrono::seconds(300));
  EXPECT_EQ(config->authority.algorithm, jwt::Algorithm::kEdDsa);
  EXPECT_EQ(config->authority.reuse_grace, Milliseconds(0));
  ASSERT_EQ(config->authority.foreign.size(), 1U);
  EXPECT_EQ(config->authority.foreign[0].session_claims, std::vector<std::string>{"session_id"});
  EXPECT_EQ(config->authority.foreign[0].stamps, revocation::StampKind::kTime);
}

TEST(AuthorityConfig, RefusesWhatCannotWork) {
  const std::string good = "version: 1\nauthority: { issuer: \"https://a.example\" }\n";
  ASSERT_TRUE(load_text<AuthorityConfig>(good).has_value());
  for (const char* more : {"store: \"mysql:x\"\n", "listen: { tls: { cert: c.pem } }\n",
                           "unknown: 1\n", "feed: { heartbeat: 1h }\n"}) {
    EXPECT_FALSE(load_text<AuthorityConfig>(good + more).has_value()) << more;
  }
  EXPECT_FALSE(load_text<AuthorityConfig>("version: 1\n").has_value());
  EXPECT_FALSE(
      load_text<AuthorityConfig>("version: 2\nauthority: { issuer: \"https://a\" }\n").has_value());
  EXPECT_FALSE(load_text<AuthorityConfig>("version: 1\nauthority: { issuer: \"https://a\", "
                                          "access_ttl: 10m, refresh_ttl: 5m }\n")
                   .has_value());
}

TEST(AuthzConfig, FindsTheAuthorityBesideItsFeed) {
  const auto config = load_text<AuthzConfig>(R"(
version: 1
issuer: { url: "https://auth.example.com", audiences: [orders] }
feed: { url: "poll+https://auth.example.com/v1/feed" }
)");
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->jwks_url, "https://auth.example.com/.well-known/jwks.json");
  EXPECT_EQ(config->introspection_url, "https://auth.example.com/oauth2/introspect");
}

TEST(AuthzConfig, RefusesWhatCannotWork) {
  const std::string good =
      "version: 1\nissuer: { url: \"https://a\", audiences: [o] }\n"
      "feed: { url: \"https://a/v1/feed\" }\n";
  ASSERT_TRUE(load_text<AuthzConfig>(good).has_value());
  for (const char* more :
       {"follower: { client_id: x }\n", "verify: { leeway: 61s }\n",
        "revocation: { on_stale: introspect }\n", "revocation: { on_stale: maybe }\n"}) {
    EXPECT_FALSE(load_text<AuthzConfig>(good + more).has_value()) << more;
  }
  EXPECT_FALSE(load_text<AuthzConfig>("version: 1\nissuer: { url: \"https://a\", audiences: [o] }\n"
                                      "feed: { url: \"https://a/other\" }\n")
                   .has_value());
}

constexpr const char* kAuthz =
    "version: 1\nissuer: { url: \"https://a\", audiences: [o] }\n"
    "feed: { url: \"https://a/v1/feed\" }\n";

TEST(AuthzConfig, TrustsTheAuthorityAloneWhereNobodyElseIsNamed) {
  const auto config = load_text<AuthzConfig>(kAuthz);
  ASSERT_TRUE(config.has_value());
  const auto issuers = issuers_of(*config);
  ASSERT_TRUE(issuers.has_value());
  ASSERT_EQ(issuers->size(), 1U);
  EXPECT_EQ(issuers->front().issuer, "https://a");
  EXPECT_EQ(issuers->front().jwks_url, "https://a/.well-known/jwks.json");
  EXPECT_EQ(issuers->front().audiences, std::vector<std::string>{"o"});
}

TEST(AuthzConfig, TrustsApiKeysAndIdentityProvidersBesideIt) {
  const auto config = load_text<AuthzConfig>(R"(
version: 1
issuer: { url: "https://auth.example.com", audiences: [orders], api_keys: true }
feed: { url: "https://auth.example.com/v1/feed" }
trusted_issuers:
  - { url: "https://id.corp.example/realms/main", audiences: [orders], max_key_age: 6h }
  - url: "https://old.corp.example"
    audiences: []
    algorithms: [HS256]
    types: [JWT]
    type_required: false
    token_id_required: false
    shared_secret: "a secret of at least 32 bytes, is it?"
    shared_secret_kid: hs-1
)");
  ASSERT_TRUE(config.has_value()) << config.error().message;
  const auto issuers = issuers_of(*config);
  ASSERT_TRUE(issuers.has_value());
  ASSERT_EQ(issuers->size(), 4U);
  const issuer::IssuerOptions& api_keys = (*issuers)[1];
  EXPECT_EQ(api_keys.issuer, "https://auth.example.com/api-keys");
  EXPECT_EQ(api_keys.types, std::vector<std::string>{"api-key+jwt"});
  EXPECT_EQ(api_keys.jwks_url, (*issuers)[0].jwks_url);
  const issuer::IssuerOptions& discovered = (*issuers)[2];
  EXPECT_EQ(discovered.jwks_url, "");
  EXPECT_EQ(discovered.max_key_age, std::chrono::hours(6));
  EXPECT_TRUE(discovered.type_required);
  const issuer::IssuerOptions& secret = (*issuers)[3];
  EXPECT_TRUE(secret.audiences.empty());
  EXPECT_EQ(secret.algorithms, std::vector{jwt::Algorithm::kHs256});
  EXPECT_FALSE(secret.type_required);
  EXPECT_FALSE(secret.token_id_required);
  EXPECT_TRUE(secret.shared_secret.equals("a secret of at least 32 bytes, is it?"));
}

TEST(AuthzConfig, RefusesAnIdentityProviderThatIsHalfDescribed) {
  for (const char* more :
       {"trusted_issuers: [ { url: \"https://id\" } ]\n",
        "trusted_issuers: [ { audiences: [o] } ]\n",
        "trusted_issuers: [ { url: \"https://id\", audiences: [o], "
        "max_key_age: 1s } ]\n",
        "trusted_issuers: [ { url: \"https://id\", audiences: [o], ttl: 1s } ]\n",
        "trusted_issuers: { url: \"https://id\" }\n"}) {
    EXPECT_FALSE(load_text<AuthzConfig>(std::string(kAuthz) + more).has_value()) << more;
  }
  const auto config = load_text<AuthzConfig>(
      std::string(kAuthz) +
      "trusted_issuers: [ { url: \"https://id\", audiences: [o], algorithms: [none] } ]\n");
  ASSERT_TRUE(config.has_value());
  const auto issuers = issuers_of(*config);
  ASSERT_FALSE(issuers.has_value());
  EXPECT_NE(issuers.error().message.find("https://id"), std::string::npos);
  EXPECT_NE(issuers.error().message.find("'none'"), std::string::npos);
}

// The examples of docs/identity-providers.md: the authority's, then that of whoever verifies.
std::vector<std::string> documented_examples() {
  std::ifstream file(std::string(RESCIND_SOURCE_DIR) + "/docs/identity-providers.md");
  std::vector<std::string> examples;
  bool within = false;
  for (std::string line; std::getline(file, line);) {
    if (line == "```yaml") {
      within = true;
      examples.emplace_back();
    } else if (line == "```") {
      within = false;
    } else if (within) {
      examples.back() += line + "\n";
    }
  }
  return examples;
}

TEST(IdentityProviders, AreConfiguredAsTheirDocumentSays) {
  std::vector<std::string> examples = documented_examples();
  ASSERT_EQ(examples.size(), 2U);
  const auto authority = load_text<AuthorityConfig>(examples[0]);
  ASSERT_TRUE(authority.has_value()) << authority.error().message;
  ASSERT_EQ(authority->authority.foreign.size(), 1U);
  EXPECT_EQ(authority->authority.foreign[0].revocable_claims, std::vector<std::string>{"tenant"});

  const std::string secret = ::testing::TempDir() + "config_test_secret";
  std::ofstream(secret) << std::string(32, 's') << "\n";
  const std::string named = "/etc/rescind/old.secret";
  ASSERT_NE(examples[1].find(named), std::string::npos);
  examples[1].replace(examples[1].find(named), named.size(), secret);
  const std::string authorities = ::testing::TempDir() + "config_test_authorities.pem";
  std::ofstream(authorities) << "PEM";
  const std::string root = "/etc/ssl/other-root.pem";
  examples[1].replace(examples[1].find(root), root.size(), authorities);
  const auto authz = load_text<AuthzConfig>(examples[1]);
  ASSERT_TRUE(authz.has_value()) << authz.error().message;
  const auto issuers = issuers_of(*authz);
  ASSERT_TRUE(issuers.has_value()) << issuers.error().message;
  ASSERT_EQ(issuers->size(), 5U);
  EXPECT_EQ((*issuers)[3].authorities, "PEM");
  EXPECT_EQ((*issuers)[3].cool_down, std::chrono::seconds(30));
  EXPECT_TRUE((*issuers)[4].shared_secret.equals(std::string(32, 's')));
}

TEST(ParseListen, TakesAnAddressAndAPort) {
  EXPECT_EQ(parse_listen("127.0.0.1:8480")->port, 8480);
  EXPECT_EQ(parse_listen("[::1]:0")->host, "::1");
  for (const char* bad : {"", "8480", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", ":8480",
                          "127.0.0.1:80x", "127.0.0.1:-1"}) {
    EXPECT_FALSE(parse_listen(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace rescind::cli

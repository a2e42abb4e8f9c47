#include <gtest/gtest.h>

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

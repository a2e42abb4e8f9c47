#include "cli/roles/agent_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config_show.h"

namespace rescind::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Result<AgentConfig> load_text(const std::string& yaml) {
  AgentConfig config;
  daemon::Schema schema;
  describe(schema, config);
  daemon::Sources sources;
  sources.file_name = "agent.yaml";
  sources.file_text = "version: 1\n" + yaml;
  TRY(daemon::load(schema, sources));
  TRY(complete(config));
  return config;
}

std::string refusal_of(const std::string& yaml) {
  const auto config = load_text(yaml);
  return config ? "" : config.error().message;
}

// What two feeds say of themselves; `more` stands in the second.
std::string two(const std::string& more, const std::string& name = "us",
                const std::string& index = "/dev/shm/us.index",
                const std::string& issuer = "https://us.example") {
  return "feeds:\n"
         "  - { name: eu, index: /dev/shm/eu.index, issuer: { url: \"https://eu.example\", "
         "api_keys: true },\n"
         "      feed: { url: \"https://eu.example/v1/feed\" },\n"
         "      follower: { checkpoint: /var/lib/eu.checkpoint },\n"
         "      serve: { listen: \"127.0.0.1:8486\", open: true },\n"
         "      trusted_issuers: [ { url: \"https://id.eu.example\" } ] }\n"
         "  - { name: " +
         name + ", index: " + index + ", issuer: { url: \"" + issuer +
         "\" },\n      feed: { url: \"https://us.example/v1/feed\" }" + more + " }\n";
}

std::vector<std::string> names_of(const std::vector<issuer::IssuerOptions>& issuers) {
  std::vector<std::string> names;
  for (const issuer::IssuerOptions& one : issuers) names.push_back(one.issuer);
  return names;
}

TEST(AgentConfig, OneFeedStandsAtTheTop) {
  const auto config = load_text(
      "agent: { index: /dev/shm/a.index, max_entries: 5000 }\n"
      "issuer: { url: \"https://a.example\" }\n"
      "feed: { url: \"https://a.example/v1/feed\" }\n"
      "trusted_issuers: [ { url: \"https://id.example\" } ]\n");
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->feeds.size(), 1U);
  EXPECT_EQ(prefix_of(config->feeds[0]), "");
  const auto options = agent_options_of(config->feeds[0], config->group);
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->index.file.path, "/dev/shm/a.index");
  EXPECT_EQ(options->index.max_entries, 5000U);
  EXPECT_THAT(names_of(options->issuers), ElementsAre("https://a.example", "https://id.example"));
}

TEST(AgentConfig, SeveralHaveTheSameSettingsEachForItself) {
  const auto config = load_text(
      two(", max_entries: 5000, revocation: { max_staleness: 5s, on_stale: accept },\n"
          "      serve: { listen: \"127.0.0.1:8487\", clients: [ { id: a, secret: b } ] }"));
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->feeds.size(), 2U);
  const AgentFeedConfig& us = config->feeds[1];
  EXPECT_EQ(prefix_of(us), "feed 'us': ");
  EXPECT_EQ(us.max_staleness, Milliseconds(5'000));
  EXPECT_EQ(us.on_stale, verifier::OnStale::kAccept);
  EXPECT_EQ(us.jwks_url, "https://us.example/.well-known/jwks.json");
  const auto eu_options = agent_options_of(config->feeds[0], "");
  const auto us_options = agent_options_of(us, "");
  ASSERT_TRUE(eu_options && us_options);
  EXPECT_EQ(eu_options->index.file.path, "/dev/shm/eu.index");
  EXPECT_EQ(us_options->index.file.path, "/dev/shm/us.index");
  EXPECT_EQ(us_options->index.max_entries, 5000U);
  EXPECT_EQ(us_options->serve->clients.front().id, "a");
  EXPECT_EQ(eu_options->following.checkpoint, "/var/lib/eu.checkpoint");
  EXPECT_THAT(
      names_of(eu_options->issuers),
      ElementsAre("https://eu.example", "https://eu.example/api-keys", "https://id.eu.example"));
  EXPECT_THAT(names_of(us_options->issuers), ElementsAre("https://us.example"));
}

TEST(AgentConfig, WhatTwoFeedsMayNotShareIsToldWithBothNames) {
  const std::string index = "/dev/shm/us.index";
  const struct {
    std::string text;
    std::string message;
  } kCases[] = {
      {two("", "eu"), "feeds 'eu' and 'eu' both have this name; each has a name of its own"},
      {two("", "us", "/dev/shm/./eu.index"), "both have the index /dev/shm/eu.index; each"},
      {two("", "us", index, "https://eu.example"),
       "feeds 'eu' and 'us' both have the issuer https://eu.example; one feed alone may revoke an "
       "issuer's tokens"},
      {two(", trusted_issuers: [ { url: \"https://id.eu.example\" } ]"),
       "both have the issuer https://id.eu.example;"},
      {two(", trusted_issuers: [ { url: \"https://eu.example/api-keys\" } ]"),
       "both have the issuer https://eu.example/api-keys;"},
      {two(", follower: { checkpoint: /var/lib/x/../eu.checkpoint }"),
       "feeds 'eu' and 'us' both have the follower.checkpoint /var/lib/eu.checkpoint;"},
      {two(", serve: { open: true }"),
       "feeds 'eu' and 'us' both have the serve.listen "
       "127.0.0.1:8486; each has an address or port of its own"},
  };
  for (const auto& one : kCases) {
    EXPECT_THAT(refusal_of(one.text), HasSubstr(one.message)) << one.text;
  }
  EXPECT_EQ(refusal_of(two("")), "") << "who is not served needs no address";
  EXPECT_THAT(refusal_of(two(", isuer: { url: x }")), HasSubstr("agent.yaml:9:52: unknown key"));
}

TEST(AgentConfig, WhatIsWrongWithOneOfSeveralNamesIt) {
  EXPECT_EQ(refusal_of(two("", "us", "relative")),
            "feed 'us': index has to be an absolute path, as in /dev/shm");
  EXPECT_EQ(refusal_of(two(", follower: { client_id: x }")),
            "feed 'us': follower.client_id and follower.client_secret go together");
  EXPECT_THAT(refusal_of(two(", serve: { open: true, tls: { cert: x } }")),
              HasSubstr("feed 'us': serve.tls.cert"));
  for (const char* name : {"US", "'a b'", "''", "abcdefghijklmnopqrstuvwxyz0123456"}) {
    EXPECT_THAT(refusal_of(two("", name)), HasSubstr("feeds: a name is 1 to 32 of a-z")) << name;
  }
  EXPECT_EQ(refusal_of(two("", "abcdefghijklmnopqrstuvwxyz012345")), "");
}

TEST(AgentConfig, FeedsAreAtTheTopOrInTheListAndAtMostSixteen) {
  EXPECT_THAT(refusal_of(two("") + "feed: { url: \"https://a/v1/feed\" }\n"),
              HasSubstr("feed.url stands beside feeds (agent.yaml:2:1): say it in each item of "
                        "feeds, or leave feeds out"));
  EXPECT_THAT(refusal_of(two("") + "agent: { index: /dev/shm/x }\n"),
              HasSubstr("agent.index stands beside feeds"));
  EXPECT_EQ(refusal_of(two("") + "agent: { group: readers }\nlog: { level: debug }\n"), "");
  EXPECT_THAT(refusal_of("feeds: []\n"), HasSubstr("feeds has 0 items; it takes 1 to 16"));
  EXPECT_THAT(refusal_of("feeds: [ { name: a } ]\n"), HasSubstr("index is missing"));
  EXPECT_THAT(refusal_of(""), HasSubstr("feed.url is missing"));

  const auto many = [](int count) {
    std::string text = "feeds:\n";
    for (int i = 0; i < count; ++i) {
      const std::string name = "f" + std::to_string(i);
      text += "  - { name: " + name + ", index: /dev/shm/" + name + ", issuer: { url: \"https://" +
              name + "\" }, feed: { url: \"https://" + name + "/v1/feed\" } }\n";
    }
    return text;
  };
  EXPECT_EQ(refusal_of(many(16)), "");
  EXPECT_THAT(refusal_of(many(17)), HasSubstr("feeds has 17 items; it takes 1 to 16"));
}

TEST(AgentConfig, BothFormsAreShownAndDescribed) {
  AgentConfig config;
  daemon::Schema schema;
  describe(schema, config);
  const std::string json = daemon::json_schema(schema, "Rescind configuration");
  EXPECT_THAT(json, HasSubstr("\"feeds\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":16"));
  ASSERT_TRUE(
      daemon::load(schema, {.file_name = "agent.yaml", .file_text = "version: 1\n" + two("")}));
  std::vector<std::string> paths;
  for (const daemon::ShownSetting& one : daemon::shown_settings(schema)) paths.push_back(one.path);
  EXPECT_THAT(paths, testing::IsSupersetOf({"feeds[1].issuer.url", "feeds[0].serve.open",
                                            "feeds[0].trusted_issuers[0].url", "agent.group"}));
  EXPECT_THAT(paths, Not(testing::Contains("issuer.url")));
}

// The example of docs/agent.md, with secrets that are there.
TEST(AgentConfig, IsAsItsDocumentSays) {
  std::ifstream file(std::string(RESCIND_SOURCE_DIR) + "/docs/agent.md");
  std::string document{std::istreambuf_iterator<char>(file), {}};
  const std::size_t begin = document.find("version: 1\n", document.find("## Several feeds"));
  std::string example = document.substr(begin, document.find("```", begin) - begin);
  const std::string secret = testing::TempDir() + "agent_config_test_secret";
  std::ofstream(secret) << "s\n";
  constexpr std::string_view kSecret = "secret_file: ";
  for (std::size_t at = 0; (at = example.find(kSecret, at)) != std::string::npos;) {
    at += kSecret.size();
    example.replace(at, example.find_first_of(" \n", at) - at, secret);
  }
  const auto config = load_text(example.substr(example.find('\n') + 1));
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->feeds.size(), 2U);
  EXPECT_TRUE(serves_feed(config->feeds[0]));
  EXPECT_EQ(config->feeds[0].serve_clients[0].secret.expose(), "s");
  EXPECT_EQ(config->feeds[1].max_staleness, Milliseconds(10'000));
}

}  // namespace
}  // namespace rescind::cli

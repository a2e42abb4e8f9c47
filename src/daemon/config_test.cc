#include "daemon/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "daemon/limits.h"

namespace rescind::daemon {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

enum class OnStale { kRefuse, kAccept };

struct Issuer {
  std::string url;
  std::vector<std::string> audiences;
  Milliseconds longest_lifetime = 1h;
};

struct Options {
  std::int64_t version = 1;
  std::string issuer = "https://auth.example";
  Milliseconds access_ttl = 15min;
  bool strict = false;
  std::uint64_t body = 1 << 20;
  OnStale on_stale = OnStale::kRefuse;
  Secret key;
  std::vector<std::string> feeds;
  std::map<std::string, std::string> headers;
  std::vector<Issuer> issuers;
};

void describe_issuer(Schema& schema, Issuer& issuer) {
  schema.text("url", issuer.url, "its identifier").required();
  schema.list("audiences", issuer.audiences, "accepted audiences");
  schema.duration("longest_lifetime", issuer.longest_lifetime, {1s, 24h}, "of its tokens");
}

void describe(Schema& schema, Options& options) {
  schema.number("version", options.version, {1, 1}, "of this format");
  schema.text("authority.issuer", options.issuer, "our identifier");
  schema.duration("authority.access_ttl", options.access_ttl, {1s, 24h}, "of access tokens");
  schema.truth("authority.strict", options.strict, "strictness");
  schema.size("limits.body", options.body, {1, 1 << 30}, "of a request's body");
  schema.choice("revocation.on_stale", options.on_stale,
                {{"refuse", OnStale::kRefuse}, {"accept", OnStale::kAccept}}, "when stale");
  schema.secret("admin.key", options.key, "of the admin");
  schema.list("agent.feeds", options.feeds, "to follow");
  schema.map("gateway.headers", options.headers, "header to claim");
  schema.groups("trusted_issuers", options.issuers, describe_issuer, "identity providers");
}

struct Outcome {
  Options options;
  Schema schema;
  Result<Loaded> loaded = Loaded{};
  std::string message() const { return loaded ? "" : loaded.error().message; }
};

std::unique_ptr<Outcome> load_with(Sources sources) {
  auto outcome = std::make_unique<Outcome>();
  describe(outcome->schema, outcome->options);
  sources.file_name = "f";
  outcome->loaded = load(outcome->schema, sources);
  return outcome;
}

std::unique_ptr<Outcome> load_text(std::string text) {
  return load_with({.file_name = {}, .file_text = std::move(text)});
}

class ConfigFile : public testing::Test {
 protected:
  std::string write(const std::string& text) {
    const std::string name = testing::TempDir() + "config_test_" +
                             testing::UnitTest::GetInstance()->current_test_info()->name();
    std::ofstream(name, std::ios::binary) << text;
    names_.push_back(name);
    return name;
  }
  void TearDown() override {
    for (const std::string& name : names_) std::filesystem::remove(name);
  }
  std::vector<std::string> names_;
};

TEST(Config, LoadsEveryKindOfValue) {
  const auto outcome = load_text(R"(
version: 1
authority: { issuer: "https://a.example", access_ttl: 5m, strict: true }
limits: { body: 64KiB }
revocation: { on_stale: accept }
admin: { key: hunter2 }
agent: { feeds: [one, "two"] }
gateway: { headers: { X-User: sub, X-Mail: email } }
trusted_issuers:
  - url: https://id.example
    audiences: [orders]
  - { url: https://id2.example, longest_lifetime: 30m }
)");
  ASSERT_TRUE(outcome->loaded) << outcome->message();
  const Options& options = outcome->options;
  EXPECT_EQ(options.issuer, "https://a.example");
  EXPECT_EQ(options.access_ttl, 5min);
  EXPECT_TRUE(options.strict);
  EXPECT_EQ(options.body, 65536U);
  EXPECT_EQ(options.on_stale, OnStale::kAccept);
  EXPECT_EQ(options.key.expose(), "hunter2");
  EXPECT_THAT(options.feeds, ElementsAre("one", "two"));
  EXPECT_THAT(options.headers, ElementsAre(Pair("X-Mail", "email"), Pair("X-User", "sub")));
  ASSERT_EQ(options.issuers.size(), 2U);
  EXPECT_EQ(options.issuers[0].url, "https://id.example");
  EXPECT_EQ(options.issuers[0].longest_lifetime, 1h);
  EXPECT_EQ(options.issuers[1].longest_lifetime, 30min);
}

TEST(Config, KeepsDefaultsWhereNothingIsSaid) {
  for (const char* text : {"", "# nothing\n", "authority:\n", "authority: {}\n"}) {
    const auto outcome = load_text(text);
    ASSERT_TRUE(outcome->loaded) << text << outcome->message();
    EXPECT_EQ(outcome->options.access_ttl, 15min);
    EXPECT_EQ(outcome->schema.find("authority.access_ttl")->origin, "default");
    EXPECT_FALSE(outcome->schema.find("authority.access_ttl")->is_set);
  }
}

TEST(Config, RefusesWhatIsWrongAndSaysWhere) {
  const struct {
    std::string_view text;
    std::string_view message;
  } kCases[] = {
      {"autority: {}", "f:1:1: unknown key \"autority\"; did you mean \"authority\"?"},
      {"authority:\n  acess_ttl: 5m",
       "f:2:3: unknown key \"acess_ttl\"; did you mean \"access_ttl\"?"},
      {"access_ttl: 5m",
       "f:1:1: unknown key \"access_ttl\"; did you mean \"authority.access_ttl\"?"},
      {"colour: red", "f:1:1: unknown key \"colour\""},
      {"authority.access_ttl: 5m", "f:1:1: unknown key \"authority.access_ttl\""},
      {"admin: { key_fil: x }", "f:1:10: unknown key \"key_fil\"; did you mean \"key_file\"?"},
      {"authority: { issuer_file: x }", "unknown key \"issuer_file\""},
      {"version: 1\nversion: 1", "f:2:1: duplicate key \"version\", first at line 1"},
      {"authority: {}\nauthority: {}", "f:2:1: duplicate key \"authority\""},
      {"version: 2", "f:1:1: version: \"2\" is out of bounds: 1 to 1"},
      {"version: one", "version: \"one\" is no whole number"},
      {"authority: { access_ttl: 15 }",
       "f:1:14: authority.access_ttl: \"15\" is no duration; write 250ms, 30s, 15m, 12h or 30d"},
      {"authority: { access_ttl: 30d }", "\"30d\" is out of bounds: 1s to 1d"},
      {"authority: { strict: yes }", "\"yes\" is neither true nor false"},
      {"authority: { issuer: }", "authority.issuer has no value"},
      {"authority: { issuer: [a] }", "f:1:22: authority.issuer is one value, not several"},
      {"authority: 5", "f:1:12: authority is a group"},
      {"limits: { body: 64 }", "limits.body: \"64\" is no size"},
      {"revocation: { on_stale: refused }",
       "\"refused\" is none of: refuse, accept; did you mean \"refuse\"?"},
      {"agent: { feeds: one }", "agent.feeds is a list; write [one, two]"},
      {"agent: { feeds: [[one]] }", "agent.feeds is one value, not several"},
      {"gateway: { headers: x }", "gateway.headers is a map"},
      {"gateway: { headers: { a: b, a: c } }", "duplicate key \"a\""},
      {"trusted_issuers: x", "trusted_issuers is a list"},
      {"trusted_issuers: [x]", "f:1:19: trusted_issuers: each item is a group"},
      {"trusted_issuers: [{ audiences: [] }]", "f:1:19: url is missing: its identifier"},
      {"trusted_issuers: [{ url: a, ulr: b }]",
       "f:1:29: unknown key \"ulr\"; did you mean \"url\"?"},
      {"admin: { key: '' }", "admin.key: is empty"},
      {"admin: { key: a, key_file: b }", "admin.key is given twice"},
      {"admin: { key_file: /does/not/exist }", "admin.key_file: cannot read the file"},
  };
  for (const auto& one : kCases) {
    const auto outcome = load_text(std::string(one.text));
    ASSERT_FALSE(outcome->loaded) << one.text;
    EXPECT_EQ(outcome->loaded.error().code, ErrorCode::kInvalid);
    EXPECT_THAT(outcome->message(), HasSubstr(std::string(one.message))) << one.text;
    EXPECT_THAT(outcome->message(), Not(HasSubstr("\n"))) << one.text;
  }
}

TEST(Config, TellsEverythingThatIsWrongAtOnceButNotWithoutEnd) {
  std::string text = "authority: { access_ttl: 15 }\n";
  for (std::size_t i = 1; i < kMaxConfigFindings; ++i) text += "k" + std::to_string(i) + ": x\n";
  EXPECT_THAT(load_text(text)->message(), Not(HasSubstr("more")));
  EXPECT_THAT(load_text(text)->message(), HasSubstr("no duration"));
  EXPECT_THAT(load_text(text + "last: x\n")->message(), HasSubstr("… and 1 more"));
}

TEST(Config, InsistsOnWhatIsRequired) {
  std::string issuer;
  Schema schema;
  schema.text("authority.issuer", issuer, "our identifier").required();
  const auto missing = load(schema, {.file_name = "f", .file_text = ""});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "f: authority.issuer is missing: our identifier");
  EXPECT_TRUE(load(schema, {.file_name = "f", .file_text = "authority: { issuer: a }"}));
}

TEST(Config, PrefersFlagsToTheEnvironmentToTheFileToDefaults) {
  const std::string text = "authority: { access_ttl: 5m }";
  const std::vector<std::string> environment{"RESCIND_AUTHORITY_ACCESS_TTL=6m", "PATH=/bin"};
  const std::vector<Flag> flags{{"--access-ttl", "authority.access_ttl", "7m"}};
  const struct {
    Sources sources;
    Milliseconds value;
    std::string origin;
  } kCases[] = {
      {{}, 15min, "default"},
      {{.file_name = {}, .file_text = text}, 5min, "f:1:14"},
      {{.file_name = {}, .file_text = text, .environment = environment},
       6min,
       "RESCIND_AUTHORITY_ACCESS_TTL"},
      {{.file_name = {}, .file_text = text, .environment = environment, .flags = flags},
       7min,
       "--access-ttl"},
  };
  for (const auto& one : kCases) {
    const auto outcome = load_with(one.sources);
    ASSERT_TRUE(outcome->loaded) << outcome->message();
    EXPECT_EQ(outcome->options.access_ttl, one.value);
    EXPECT_EQ(outcome->schema.find("authority.access_ttl")->origin, one.origin);
  }
}

TEST(Config, NamesTheVariableOrFlagThatIsWrong) {
  EXPECT_EQ(load_with({.environment = {"RESCIND_AUTHORITY_STRICT=1"}})->message(),
            "RESCIND_AUTHORITY_STRICT: authority.strict: \"1\" is neither true nor false");
  EXPECT_EQ(load_with({.flags = {{"--set", "authority.strct", "true"}}})->message(),
            "--set: unknown setting \"authority.strct\"");
  EXPECT_THAT(load_with({.flags = {{"--set", "trusted_issuers", "x"}}})->message(),
              HasSubstr("trusted_issuers is a list in the file"));
}

TEST(Config, SplitsListsFromTheEnvironment) {
  const auto outcome = load_with({.environment = {"RESCIND_AGENT_FEEDS=one, two"}});
  ASSERT_TRUE(outcome->loaded);
  EXPECT_THAT(outcome->options.feeds, ElementsAre("one", "two"));
  const auto empty = load_with({.environment = {"RESCIND_AGENT_FEEDS="}});
  ASSERT_TRUE(empty->loaded);
  EXPECT_TRUE(empty->options.feeds.empty());
}

TEST(Config, WarnsOfVariablesThatNameNothing) {
  const auto outcome =
      load_with({.environment = {"RESCIND_AUTHORITY_ISUER=x", "RESCIND_CONFIG=y", "OTHER=z"},
                 .other_variables = {"RESCIND_CONFIG"}});
  ASSERT_TRUE(outcome->loaded);
  EXPECT_THAT(outcome->loaded->warnings,
              ElementsAre("RESCIND_AUTHORITY_ISUER names no setting; did you mean "
                          "\"RESCIND_AUTHORITY_ISSUER\"?"));
}

TEST_F(ConfigFile, ReadsSecretsFromFiles) {
  const std::string name = write("from file\r\n");
  const auto by_file = load_text("admin: { key_file: " + name + " }");
  ASSERT_TRUE(by_file->loaded) << by_file->message();
  EXPECT_EQ(by_file->options.key.expose(), "from file");

  const auto by_variable = load_with({.file_name = {},
                                      .file_text = "admin: { key: inline }",
                                      .environment = {"RESCIND_ADMIN_KEY_FILE=" + name}});
  ASSERT_TRUE(by_variable->loaded);
  EXPECT_EQ(by_variable->options.key.expose(), "from file");
  EXPECT_EQ(by_variable->schema.find("admin.key")->origin, "RESCIND_ADMIN_KEY_FILE");
}

TEST_F(ConfigFile, RefusesSecretsThatAreTooLargeOrEmpty) {
  const auto load_secret = [this](const std::string& text) {
    return load_text("admin: { key_file: " + write(text) + " }")->loaded.has_value();
  };
  EXPECT_TRUE(load_secret(std::string(kMaxSecretBytes, 'k')));
  EXPECT_FALSE(load_secret(std::string(kMaxSecretBytes + 1, 'k')));
  EXPECT_FALSE(load_secret(""));
  EXPECT_FALSE(load_secret("\n"));
}

TEST(Config, CorpusOfItsFuzzerReachesSuccessAndRefusal) {
  int accepted = 0;
  int refused = 0;
  const std::string folder = RESCIND_SOURCE_DIR "/src/daemon/corpus/config_fuzz";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    (load_text(text)->loaded ? accepted : refused)++;
  }
  EXPECT_GE(accepted, 1);
  EXPECT_GE(refused, 1);
}

TEST(Config, NamesEnvironmentVariablesAfterPaths) {
  EXPECT_EQ(environment_name("authority.access_ttl"), "RESCIND_AUTHORITY_ACCESS_TTL");
  EXPECT_EQ(environment_name("store"), "RESCIND_STORE");
}

// One feed here, or several in a list.
struct Feed {
  std::string name;
  std::string url;
  Secret key;
  std::vector<Issuer> issuers;
};
struct Feeds {
  std::int64_t version = 1;
  Feed one;
  std::vector<Feed> several;
};

void describe_here(Schema& schema, Feed& feed) {
  schema.text("feed.url", feed.url, "where").required();
  schema.secret("feed.key", feed.key, "of the feed");
  schema.groups("issuers", feed.issuers, describe_issuer, "who it may revoke");
}

void describe_item(Schema& schema, Feed& feed) {
  schema.text("name", feed.name, "which").required();
  describe_here(schema, feed);
}

Result<Feeds> load_feeds(std::string text, std::vector<std::string> environment = {}) {
  Feeds feeds;
  Schema schema;
  schema.number("version", feeds.version, {1, 1}, "of this format");
  schema
      .one_or_groups("feeds", feeds.one, describe_here, feeds.several, describe_item,
                     "several feeds")
      .counting({1, 2});
  TRY(load(
      schema,
      {.file_name = "f", .file_text = std::move(text), .environment = std::move(environment)}));
  return feeds;
}

TEST(Config, TakesOneGroupHereOrAListOfThem) {
  const auto one = load_feeds("feed: { url: a }\nissuers: [{ url: i }]");
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_EQ(one->one.url, "a");
  EXPECT_EQ(one->one.issuers.size(), 1U);
  EXPECT_TRUE(one->several.empty());

  const auto two = load_feeds(
      "feeds:\n"
      "  - { name: x, feed: { url: a, key: k }, issuers: [{ url: i }, { url: j }] }\n"
      "  - { name: y, feed: { url: b } }\n");
  ASSERT_TRUE(two) << two.error().message;
  ASSERT_EQ(two->several.size(), 2U);
  EXPECT_EQ(two->several[0].url, "a");
  EXPECT_EQ(two->several[0].key.expose(), "k");
  EXPECT_EQ(two->several[0].issuers.back().url, "j");
  EXPECT_EQ(two->several[1].name + two->several[1].url, "yb");
}

TEST(Config, RefusesOneGroupBesideAListOfThem) {
  const std::string list = "feeds: [{ name: x, feed: { url: a } }]\n";
  const struct {
    std::string text;
    std::vector<std::string> environment;
    std::string message;
  } kCases[] = {
      {"", {}, "f: feed.url is missing: where"},
      {"feeds: []", {}, "f:1:1: feeds has 0 items; it takes 1 to 2"},
      {"feeds: [{}, {}, {}]", {}, "f:1:1: feeds has 3 items; it takes 1 to 2"},
      {"feeds: [{ name: x }]", {}, "f:1:9: feed.url is missing: where"},
      {"feeds: [{ name: x, feed: { url: a, ulr: b } }]",
       {},
       "f:1:36: unknown key \"ulr\"; did you mean \"url\"?"},
      {list + "feed: { url: b }",
       {},
       "f:2:9: feed.url stands beside feeds (f:1:1): say it in each item of feeds, or leave feeds "
       "out"},
      {list,
       {"RESCIND_FEED_URL=b"},
       "RESCIND_FEED_URL: feed.url stands beside feeds (f:1:1): say it in each item of feeds, or "
       "leave feeds out"},
  };
  for (const auto& one : kCases) {
    const auto loaded = load_feeds(one.text, one.environment);
    ASSERT_FALSE(loaded) << one.text;
    EXPECT_EQ(loaded.error().message, one.message) << one.text;
  }
  EXPECT_TRUE(load_feeds(list + "version: 1", {"RESCIND_VERSION=1"}));
  EXPECT_TRUE(load_feeds("feeds: [{ name: x, feed: { url: a } }, { name: y, feed: { url: b } }]"));
}

TEST(ConfigDeathTest, RefusesTwoSettingsOfOneName) {
  std::string value;
  Schema schema;
  schema.text("a.b", value, "");
  EXPECT_DEATH(schema.text("a.b", value, ""), "CHECK failed");
  EXPECT_DEATH(schema.text("a_b", value, ""), "CHECK failed");
  EXPECT_DEATH(schema.text("a.b.c", value, ""), "CHECK failed");
  EXPECT_DEATH(schema.text("A", value, ""), "CHECK failed");
}

}  // namespace
}  // namespace rescind::daemon

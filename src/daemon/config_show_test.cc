#include "daemon/config_show.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"

namespace rescind::daemon {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

struct Issuer {
  std::string url;
  Secret client_secret;
};

struct Options {
  std::string issuer;
  Milliseconds ttl = 15min;
  std::int64_t threads = 2;
  Secret key;
  bool strict = true;
  std::vector<Issuer> issuers;
};

void describe(Schema& schema, Options& options) {
  schema.text("authority.issuer", options.issuer, "our identifier").required();
  schema.duration("authority.access_ttl", options.ttl, {1s, 24h}, "of tokens");
  schema.number("threads", options.threads, {1, 64}, "of the pool");
  schema.secret("admin.key", options.key, "of the admin");
  schema.choice("mode", options.strict, {{"strict", true}, {"lax", false}}, "how strict");
  schema.groups(
      "issuers", options.issuers,
      +[](Schema& group, Issuer& issuer) {
        group.text("url", issuer.url, "where").required();
        group.secret("client_secret", issuer.client_secret, "at the issuer");
      },
      "trusted");
}

TEST(ConfigShow, ShowsEveryValueWithItsOriginButNoSecret) {
  Options options;
  Schema schema;
  describe(schema, options);
  ASSERT_TRUE(load(schema, {.file_name = "f",
                            .file_text = "authority:\n  issuer: a\nadmin: { key: hunter2 }\n"
                                         "issuers: [{ url: u, client_secret: hunter3 }]\n",
                            .environment = {"RESCIND_THREADS=3"}}));
  std::string all;
  for (const ShownSetting& one : shown_settings(schema)) {
    all += one.path + "=" + one.value + " " + one.origin + "\n";
  }
  EXPECT_EQ(all,
            "authority.issuer=\"a\" f:2:3\n"
            "authority.access_ttl=\"15m\" default\n"
            "threads=3 RESCIND_THREADS\n"
            "admin.key=\"set\" f:3:10\n"
            "mode=\"strict\" default\n"
            "issuers[0].url=\"u\" f:4:13\n"
            "issuers[0].client_secret=\"set\" f:4:21\n");
  EXPECT_THAT(schema.find("issuers")->json(), Not(HasSubstr("hunter")));
}

TEST(ConfigShow, WritesTheFilesJsonSchema) {
  Options options;
  Schema schema;
  describe(schema, options);
  const std::string text = json_schema(schema, "Rescind");
  json::Reader reader;
  const auto root = reader.parse(text, {.bytes = 1 << 16, .depth = 12, .members = 1000});
  ASSERT_TRUE(root) << root.error().message << text;
  const auto at = [&](std::initializer_list<std::string_view> path) {
    std::optional<json::Value> value = *root;
    for (const std::string_view name : path) value = value ? value->find(name) : value;
    return value;
  };
  EXPECT_EQ(at({"additionalProperties"})->boolean(), false);
  const auto ttl = at({"properties", "authority", "properties", "access_ttl"});
  ASSERT_TRUE(ttl);
  EXPECT_EQ(ttl->find("default")->string(), "15m");
  EXPECT_EQ(ttl->find("description")->string(), "of tokens (1s to 1d)");
  EXPECT_EQ(at({"properties", "authority", "required"})->first()->string(), "issuer");
  EXPECT_EQ(at({"properties", "threads", "maximum"})->integer(), 64);
  EXPECT_EQ(at({"properties", "mode", "enum"})->size(), 2U);
  EXPECT_TRUE(at({"properties", "admin", "properties", "key_file"}));
  EXPECT_FALSE(at({"properties", "admin", "properties", "key", "default"}));
  EXPECT_TRUE(at({"properties", "issuers", "items", "properties", "url"}));
}

struct OneOrSeveral {
  Issuer one;
  std::vector<Issuer> several;
};

void describe_issuer(Schema& schema, Issuer& issuer) {
  schema.text("issuer.url", issuer.url, "where").required();
}

TEST(ConfigShow, ShowsAListOrWhatItTakesThePlaceOf) {
  const auto shown = [](std::string text) {
    OneOrSeveral options;
    Schema schema;
    schema.one_or_groups("issuers", options.one, describe_issuer, options.several, describe_issuer,
                         "several");
    EXPECT_TRUE(load(schema, {.file_name = "f", .file_text = std::move(text)}));
    std::string all;
    for (const ShownSetting& one : shown_settings(schema)) all += one.path + "=" + one.value + " ";
    return all;
  };
  EXPECT_EQ(shown("issuer: { url: a }"), "issuer.url=\"a\" issuers=[] ");
  EXPECT_EQ(shown("issuers: [{ issuer: { url: a } }]"), "issuers[0].issuer.url=\"a\" ");
}

TEST(ConfigShow, SaysHowManyGroupsAListTakes) {
  OneOrSeveral options;
  Schema schema;
  schema.groups("issuers", options.several, describe_issuer, "several").counting({1, 16});
  const std::string text = json_schema(schema, "Rescind");
  EXPECT_THAT(text, HasSubstr("\"minItems\":1,\"maxItems\":16,\"items\""));
  EXPECT_THAT(text, Not(HasSubstr("\"default\":[]")));
}

}  // namespace
}  // namespace rescind::daemon

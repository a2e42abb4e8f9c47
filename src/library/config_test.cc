#include "library/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

namespace rescind::library {
namespace {

using testing::HasSubstr;

constexpr const char* kIssuers = R"("issuers":[{"issuer":"https://a.test","audiences":["api"]}])";

std::string wrong(const std::string& json) {
  const auto config = parse_config(json);
  if (config) return "";
  EXPECT_EQ(config.error().code, ErrorCode::kInvalid);
  return config.error().message;
}

// A file for one test.
class File {
 public:
  explicit File(const std::string& text) {
    std::string name = "/tmp/rescind-config-XXXXXX";
    const int file = mkstemp(name.data());
    ::close(file);
    path_ = name;
    std::ofstream(path_) << text;
  }
  ~File() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(Config, OfASharedIndexNeedsLittle) {
  const auto config = parse_config(std::string(R"({"index":"/dev/shm/x",)") + kIssuers + "}");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->shared->paths, std::vector<std::string>{"/dev/shm/x"});
  EXPECT_EQ(config->shared->owner, std::nullopt);
  EXPECT_FALSE(config->feed);
  EXPECT_EQ(config->verify.max_staleness, Milliseconds(30'000));
  EXPECT_EQ(config->verify.on_stale, verifier::OnStale::kRefuse);
  EXPECT_EQ(config->verify.failed_signatures_per_second, 0U) << "sources cannot be told apart";
  ASSERT_EQ(config->issuers.size(), 1U);
  EXPECT_EQ(config->issuers[0].issuer, "https://a.test");
  EXPECT_EQ(config->issuers[0].types, std::vector<std::string>{"at+jwt"});
  EXPECT_TRUE(config->issuers[0].token_id_required);
}

TEST(Config, AnIssuerMayHaveAnIndexOfItsOwn) {
  const std::string two = R"("issuers":[{"issuer":"https://a.test","audiences":[]},)"
                          R"({"issuer":"https://b.test","audiences":[],"index":"/dev/shm/b"},)"
                          R"({"issuer":"https://c.test","audiences":[],"index":"/dev/shm/b"}])";
  const auto config = parse_config(R"({"index":"/dev/shm/a",)" + two + "}");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->shared->paths, (std::vector<std::string>{"/dev/shm/a", "/dev/shm/b"}));
  EXPECT_EQ(config->issuers[0].index, 0U);
  EXPECT_EQ(config->issuers[1].index, 1U);
  EXPECT_EQ(config->issuers[2].index, 1U);
  EXPECT_THAT(wrong("{" + two + "}"), HasSubstr("issuers[0].index: is missing"));
  EXPECT_THAT(wrong(R"({"feed":{"url":"https://a.test/v1/feed"},)" + two + "}"),
              HasSubstr("issuers[1].index"));
}

TEST(Config, NamesAtMostSixteenIndexes) {
  const auto with = [](int count) {
    std::string issuers;
    for (int i = 0; i < count; ++i) {
      const std::string number = std::to_string(i);
      issuers += (i > 0 ? "," : "") + (R"({"issuer":"https://)" + number) +
                 R"(.test","audiences":[],"index":"/dev/shm/)" + number + "\"}";
    }
    return R"({"issuers":[)" + issuers + "]}";
  };
  const auto most = parse_config(with(16));
  ASSERT_TRUE(most) << most.error().message;
  EXPECT_EQ(most->shared->paths.size(), 16U) << "and none for all";
  EXPECT_THAT(wrong(with(17)), HasSubstr("issuers[16].index: is one too many"));
}

TEST(Config, MayNameEverything) {
  const File secret("s3cret\n");
  const File keys(R"({"keys":[]})");
  const File authorities("-----PEM-----\n");
  const auto config = parse_config(
      R"({"feed":{"url":"https://auth.test/v1/feed","issuer":"https://other.test","name":"eu",)"
      R"("client_id":"orders","client_secret_file":")" +
      secret.path() + R"(","keys_file":")" + keys.path() + R"(","ca_file":")" + authorities.path() +
      R"(","checkpoint":"/var/lib/x","follower":"orders-1","heartbeat_ms":500},)"
      R"("issuers":[{"issuer":"https://a.test","audiences":[],"algorithms":["PS256","EdDSA"],)"
      R"("types":["JWT"],"type_required":false,"token_id_required":false,)"
      R"("jwks_url":"https://a.test/k","ca_file":")" +
      authorities.path() +
      R"(","refresh_keys_every_ms":20000,"max_key_age_ms":90000},)"
      R"({"issuer":"hs","audiences":["x"],"algorithms":["HS256"],)"
      R"("shared_secret":"0123456789abcdef0123456789abcdef","shared_secret_kid":"k"}],)"
      R"("max_staleness_ms":5000,"on_stale":"accept","leeway_ms":60000,)"
      R"("max_token_lifetime_ms":3600000,"cached_tokens":0})");
  ASSERT_TRUE(config) << config.error().message;
  const FeedConfig& feed = *config->feed;
  EXPECT_EQ(feed.issuer, "https://other.test");
  EXPECT_EQ(feed.name, "eu");
  EXPECT_TRUE(feed.access.client_secret.equals("s3cret"));
  EXPECT_EQ(feed.keys, R"({"keys":[]})");
  EXPECT_EQ(feed.authorities, "-----PEM-----\n");
  EXPECT_EQ(feed.follower, "orders-1");
  EXPECT_EQ(feed.access.heartbeat, Milliseconds(500));
  ASSERT_EQ(config->issuers.size(), 2U);
  const issuer::IssuerOptions& first = config->issuers[0];
  EXPECT_EQ(first.algorithms, (std::vector{jwt::Algorithm::kPs256, jwt::Algorithm::kEdDsa}));
  EXPECT_FALSE(first.type_required);
  EXPECT_FALSE(first.token_id_required);
  EXPECT_EQ(first.jwks_url, "https://a.test/k");
  EXPECT_EQ(first.refresh_every, Milliseconds(20'000));
  EXPECT_TRUE(config->issuers[1].shared_secret.equals("0123456789abcdef0123456789abcdef"));
  EXPECT_EQ(config->verify.on_stale, verifier::OnStale::kAccept);
  EXPECT_EQ(config->verify.leeway, std::chrono::seconds(60));
  EXPECT_EQ(config->verify.max_token_lifetime, std::chrono::hours(1));
  EXPECT_EQ(config->verify.cached_tokens, 0U);
}

TEST(Config, TakesTheAuthoritysNameFromTheFeedsAddress) {
  for (const char* url : {"https://auth.test/v1/feed", "poll+https://auth.test/v1/feed"}) {
    const auto config =
        parse_config(std::string(R"({"feed":{"url":")") + url + R"("},)" + kIssuers + "}");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->feed->issuer, "https://auth.test");
    EXPECT_NE(config->feed->follower, "");
  }
}

TEST(Config, FindsTheOwnerByNameOrNumber) {
  const auto owner = [](const std::string& text) {
    const auto config = parse_config(R"({"index":"/x","index_owner":)" + text + "}");
    return config ? config->shared->owner : std::nullopt;
  };
  EXPECT_EQ(owner("\"root\""), 0U);
  EXPECT_EQ(owner("1234"), 1234U);
  EXPECT_EQ(owner("\"no such user\""), std::nullopt);
  EXPECT_EQ(owner("-1"), std::nullopt);
  EXPECT_EQ(owner("4294967295"), std::nullopt);
}

TEST(Config, NamesWhatIsWrong) {
  struct Case {
    std::string json;
    const char* says;
  };
  const auto shared = [](const std::string& more) {
    return std::string(R"({"index":"/x",)") + kIssuers + "," + more + "}";
  };
  const auto feed = [](const std::string& more) {
    return R"({"feed":{"url":"https://a.test/v1/feed",)" + more + "}}";
  };
  const auto issuer = [](const std::string& more) {
    return R"({"index":"/x","issuers":[{"issuer":"i","audiences":[]},{)" + more + "}]}";
  };
  for (const Case& c : std::vector<Case>{
           {"", "the configuration"},
           {"[]", "the configuration is no object"},
           {"{}", "one of index"},
           {R"({"index":"/x","feed":{"url":"https://a.test/v1/feed"}})", "one of index"},
           {R"({"feed":{"url":"https://a.test/v1/feed"},"index_owner":0})", "index_owner"},
           {R"({"index":7})", "index: has to be a text"},
           {R"({"index":""})", "index: has to be a text"},
           {shared(R"("lewway_ms":1)"), "lewway_ms is unknown; there are: index, "},
           {shared(R"("leeway_ms":1500)"), "leeway_ms: has to be whole seconds"},
           {shared(R"("leeway_ms":61000)"), "from 0 to 60000"},
           {shared(R"("max_staleness_ms":"5s")"), "max_staleness_ms: has to be a whole number"},
           {shared(R"("on_stale":"introspect")"), "on_stale"},
           {shared(R"("cached_tokens":-1)"), "cached_tokens"},
           {R"({"feed":[]})", "feed is no object"},
           {R"({"feed":{"url":"https://a.test/feed"}})", "feed.url: has to end in /v1/feed"},
           {feed(R"("client_id":"x")"), "feed.client_id: goes together with client_secret"},
           {feed(R"("keys":"{}","keys_file":"/x")"), "feed.keys: stands beside keys_file"},
           {feed(R"("keys_file":"/no/such/file")"), "feed.keys_file: /no/such/file: No such"},
           {feed(R"("heartbeat_ms":10)"), "feed.heartbeat_ms"},
           {feed(R"("urn":"x")"), "feed.urn is unknown"},
           {issuer(R"("audiences":["x"])"), "issuers[1].issuer: is missing"},
           {issuer(R"("issuer":"j")"), "issuers[1].audiences: is missing"},
           {issuer(R"("issuer":"j","audiences":"x")"), "issuers[1].audiences: has to be an array"},
           {issuer(R"("issuer":"j","audiences":[],"algorithms":["none"])"), "there is no none"},
           {issuer(R"("issuer":"j","audiences":[],"type_required":1)"), "type_required"},
       }) {
    EXPECT_THAT(wrong(c.json), HasSubstr(c.says)) << c.json;
  }
}

}  // namespace
}  // namespace rescind::library

#include "issuer/issuers.h"

#include <gtest/gtest.h>

#include "issuer/http_get.h"
#include "jwt/signing_key.h"
#include "net/http_server.h"
#include "net/test_certificates.h"

namespace rescind::issuer {
namespace {

using jwt::Algorithm;
using std::chrono::hours;
using std::chrono::seconds;
constexpr std::chrono::milliseconds kTimeout{200};

std::string new_jwk() {
  return jwt::SigningKey::generate(Algorithm::kEs256)->public_key().public_jwk();
}
std::string key_set_with(const std::vector<std::string>& jwks) {
  std::string text = R"({"keys":[)";
  for (const std::string& jwk : jwks) text += (text.ends_with('[') ? "" : ",") + jwk;
  return text + "]}";
}
net::Handler always(net::Response response) {
  return [response](const net::Request&, net::Responder responder) { responder.respond(response); };
}

// An identity provider on a real socket. It answers discovery and key sets, until a test has it
// answer otherwise.
struct Provider {
  explicit Provider(net::Loop& loop, std::shared_ptr<const net::TlsContext> tls = nullptr) {
    const bool secure = tls != nullptr;
    server = *net::Server::open({&loop}, {.tls = std::move(tls)},
                                [this](const net::Request& request, net::Responder responder) {
                                  ++requests;
                                  if (otherwise) return otherwise(request, std::move(responder));
                                  responder.respond({.body = document(request.path)});
                                });
    issuer = (secure ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(server->port());
  }
  std::string document(std::string_view path) const {
    if (path == "/jwks") return key_set_with(keys);
    return R"({"issuer":")" + issuer + R"(","jwks_uri":")" + issuer + R"(/jwks"})";
  }

  std::unique_ptr<net::Server> server;
  std::string issuer;
  std::vector<std::string> keys = {new_jwk()};
  net::Handler otherwise;
  int requests = 0;
};

IssuerOptions options_of(const std::string& issuer, std::string jwks_url = "") {
  IssuerOptions options;
  options.issuer = issuer;
  options.algorithms = {Algorithm::kEs256};
  options.jwks_url = std::move(jwks_url);
  return options;
}

// Issuers in simulated time, over a real loop and real connections.
struct World {
  Result<void> open(std::vector<IssuerOptions> options) {
    auto opened = Issuers::open(
        std::move(options), counting(http_get_on(loop, kTimeout)),
        {.on_change = [this](auto set) { changes.push_back(set); }, .wake = [this] { ++wakes; }},
        random, log);
    if (!opened) return std::unexpected(opened.error());
    issuers = *std::move(opened);
    return {};
  }
  GetFor counting(GetFor real) {
    return [this, real](const IssuerOptions& options) -> Result<Get> {
      TRY_ASSIGN(Get get, real(options));
      return Get([this, get](const std::string& url, auto then) {
        asked.push_back(url);
        ++under_way;
        get(url, [this, then](Result<std::string> text) {
          --under_way;
          if (text) longest = std::max(longest, text->size());
          then(std::move(text));
          loop.stop();
        });
      });
    };
  }
  // Until nothing is due and nothing under way.
  void settle() {
    for (;;) {
      deadline = issuers->step(clock.now());
      if (under_way == 0) return;
      loop.run();
    }
  }
  void advance(std::chrono::nanoseconds by) {
    clock.advance(by);
    settle();
  }
  std::size_t keys_of(std::string_view issuer) const {
    return issuers->trusted()->find(issuer)->keys->keys().size();
  }
  JwksFetcher::Counters counters_of(std::string_view issuer) const {
    for (const Issuers::Status& one : issuers->status()) {
      if (one.issuer == issuer) return one.counters;
    }
    ADD_FAILURE() << "not configured: " << issuer;
    return {};
  }

  net::Loop loop;
  ManualClock clock{{wall_from_seconds(1'800'000'000), BootTime(seconds(1000))}};
  SeededRandom random{1};
  NullLog log;
  std::vector<std::string> asked;
  std::vector<Issuers::Trusted> changes;
  std::size_t longest = 0;  // of the documents that were taken
  int under_way = 0;
  int wakes = 0;
  BootTime deadline{};
  std::unique_ptr<Issuers> issuers;
};

TEST(Issuers, FindsEachIssuersKeysAndHandsOutOneSet) {
  World world;
  Provider by_discovery(world.loop);
  Provider by_url(world.loop);
  IssuerOptions second = options_of(by_url.issuer, by_url.issuer + "/jwks");
  second.audiences = {"orders"};
  second.types = {"at+jwt", "JWT"};
  second.type_required = false;
  second.token_id_required = false;
  ASSERT_TRUE(world.open({options_of(by_discovery.issuer), second}));
  EXPECT_FALSE(world.issuers->all_have_keys());
  ASSERT_NE(world.issuers->trusted()->find(by_url.issuer), nullptr);
  EXPECT_EQ(world.keys_of(by_url.issuer), 0U);

  world.settle();
  EXPECT_TRUE(world.issuers->all_have_keys());
  EXPECT_EQ(world.keys_of(by_discovery.issuer), 1U);
  EXPECT_EQ(world.keys_of(by_url.issuer), 1U);
  EXPECT_EQ(by_discovery.requests, 2);
  EXPECT_EQ(by_url.requests, 1);
  EXPECT_EQ(world.changes.back(), world.issuers->trusted());
  EXPECT_EQ(world.issuers->trusted()->find("https://id.example"), nullptr);

  const verifier::TrustedIssuer& policy = *world.issuers->trusted()->find(by_url.issuer);
  EXPECT_EQ(policy.audiences, second.audiences);
  EXPECT_EQ(policy.types, second.types);
  EXPECT_FALSE(policy.type_required);
  EXPECT_FALSE(policy.token_id_required);
}

TEST(Issuers, LeavesTheSetsThatWereHandedOutAsTheyWere) {
  World world;
  Provider provider(world.loop);
  ASSERT_TRUE(world.open({options_of(provider.issuer)}));
  world.settle();
  const Issuers::Trusted before = world.issuers->trusted();
  provider.keys.push_back(new_jwk());
  world.advance(seconds(600));
  EXPECT_EQ(world.keys_of(provider.issuer), 2U);
  EXPECT_EQ(before->find(provider.issuer)->keys->keys().size(), 1U);
  world.advance(seconds(600));
  EXPECT_EQ(world.changes.size(), 2U) << "nothing is told where nothing has changed";
}

TEST(Issuers, AsksOnlyTheIssuerWhoseKeyIsUnknown) {
  World world;
  Provider rotating(world.loop);
  Provider other(world.loop);
  ASSERT_TRUE(world.open({options_of(rotating.issuer), options_of(other.issuer)}));
  world.settle();
  world.advance(seconds(31));
  const int before = other.requests;
  const std::size_t changes = world.changes.size();
  world.wakes = 0;
  rotating.keys = {new_jwk()};
  world.issuers->on_unknown_key("https://who.example");
  world.issuers->on_unknown_key("");
  EXPECT_EQ(world.wakes, 0);
  world.issuers->on_unknown_key(rotating.issuer);
  EXPECT_EQ(world.wakes, 1);
  world.settle();
  EXPECT_EQ(world.keys_of(rotating.issuer), 1U);
  EXPECT_EQ(world.changes.size(), changes + 1);
  EXPECT_EQ(other.requests, before);
}

// security.md C2, D36: a thousand tokens a second with a key id each, for a minute.
TEST(Issuers, FetchTwiceAtMostInAMinuteOfInventedKeys) {
  World world;
  Provider provider(world.loop);
  ASSERT_TRUE(world.open({options_of(provider.issuer)}));
  world.settle();
  world.advance(seconds(31));
  const auto before = world.counters_of(provider.issuer);
  for (int i = 0; i < 60'000; ++i) {
    world.issuers->on_unknown_key(provider.issuer);
    world.advance(std::chrono::milliseconds(1));
  }
  const auto after = world.counters_of(provider.issuer);
  EXPECT_EQ(after.unknown_keys - before.unknown_keys, 60'000U);
  EXPECT_LE(after.fetches - before.fetches, 2U);
  EXPECT_GE(after.fetches - before.fetches, 1U);
  EXPECT_EQ(world.keys_of(provider.issuer), 1U);
}

// security.md C3, C4, D37: whatever a provider answers, its old keys stay, little is read, nothing
// is waited for and no redirect is followed.
TEST(Issuers, KeepTheKeysThatThereAreWhateverComes) {
  World world;
  std::shared_ptr<net::Stream> trickle;
  const auto fifty_megabytes = std::make_shared<const std::string>(std::size_t{50} << 20U, ' ');
  const std::string secret =
      R"({"kty":"oct","kid":"a","alg":"HS256","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U"})";
  const std::vector<std::pair<std::string_view, net::Handler>> answers = {
      {"500", always({.status = 500})},
      {"HTML", always({.content_type = "text/html", .body = "<html>Bad gateway</html>"})},
      {"50 MB", always({.shared_body = fifty_megabytes})},
      {"a byte and no more",
       [&](const net::Request&, net::Responder to) {
         trickle = to.stream({.status = 200});
         trickle->send(std::make_shared<const std::string>("{"));
       }},
      {"a redirect", always({.status = 302, .headers = {{"Location", "http://169.254.169.254/"}}})},
      {"an empty set", always({.body = R"({"keys":[]})"})},
      {"a secret alone", always({.body = R"({"keys":[)" + secret + "]}"})},
      {"nothing", always({.body = ""})},
  };
  Provider provider(world.loop);
  ASSERT_TRUE(world.open({options_of(provider.issuer, provider.issuer + "/jwks")}));
  world.settle();
  const Issuers::Trusted good = world.issuers->trusted();
  std::uint64_t failures = 0;
  for (const auto& [what, answer] : answers) {
    provider.otherwise = answer;
    world.advance(world.deadline - world.clock.now().boot);
    EXPECT_EQ(world.counters_of(provider.issuer).failures, ++failures) << what;
    EXPECT_EQ(world.issuers->trusted(), good) << what;
  }
  EXPECT_LE(world.longest, kMaxDocumentBytes);
  for (const std::string& url : world.asked) EXPECT_EQ(url, provider.issuer + "/jwks");
  EXPECT_EQ(provider.requests, static_cast<int>(answers.size()) + 1);

  provider.otherwise = nullptr;
  provider.keys = {new_jwk(), new_jwk(), secret};
  world.advance(world.deadline - world.clock.now().boot);
  EXPECT_EQ(world.keys_of(provider.issuer), 2U) << "the good keys beside a secret";
}

TEST(Issuers, LetGoOfKeysThatCouldNotBeRenewedForTooLong) {
  World world;
  Provider provider(world.loop);
  IssuerOptions options = options_of(provider.issuer);
  options.max_key_age = hours(2);
  ASSERT_TRUE(world.open({options}));
  world.settle();
  provider.otherwise = always({.status = 503});
  const BootTime end = world.clock.now().boot + hours(2);
  while (world.deadline < end) {
    world.advance(world.deadline - world.clock.now().boot);
    ASSERT_TRUE(world.issuers->all_have_keys());
  }
  world.advance(world.deadline - world.clock.now().boot);
  EXPECT_FALSE(world.issuers->all_have_keys());
  EXPECT_EQ(world.keys_of(provider.issuer), 0U);

  provider.otherwise = nullptr;
  world.advance(world.deadline - world.clock.now().boot);
  EXPECT_TRUE(world.issuers->all_have_keys());
}

TEST(Issuers, TakeSecretsOutOfTheConfigurationAlone) {
  World world;
  IssuerOptions options = options_of("https://old.example");
  options.algorithms = {Algorithm::kHs256};
  options.shared_secret = Secret(std::string(32, 's'));
  options.shared_secret_key_id = "hs-1";
  ASSERT_TRUE(world.open({options}));
  EXPECT_TRUE(world.issuers->all_have_keys());
  world.settle();
  world.issuers->on_unknown_key("https://old.example");
  world.settle();
  EXPECT_TRUE(world.asked.empty());
  EXPECT_EQ(world.wakes, 0);
  EXPECT_EQ(world.deadline, BootTime::max());
  const auto keys = world.issuers->trusted()->find("https://old.example")->keys;
  ASSERT_NE(keys->find("hs-1"), nullptr);
  EXPECT_EQ(keys->find("hs-1")->algorithm(), Algorithm::kHs256);
}

TEST(Issuers, RefuseASecretShorterThanItsHash) {
  for (const auto& [algorithm, bytes] : std::vector<std::pair<Algorithm, std::size_t>>{
           {Algorithm::kHs256, 32}, {Algorithm::kHs384, 48}, {Algorithm::kHs512, 64}}) {
    World world;
    IssuerOptions options = options_of("https://old.example");
    options.algorithms = {algorithm};
    options.shared_secret = Secret(std::string(bytes, 's'));
    EXPECT_TRUE(world.open({options}));
    options.shared_secret = Secret(std::string(bytes - 1, 's'));
    const auto refused = world.open({options});
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("https://old.example"), std::string::npos);
  }
}

TEST(Issuers, RefuseWhatCannotBeMeant) {
  const IssuerOptions good = options_of("https://id.example");
  World fine;
  ASSERT_TRUE(fine.open({good}));
  struct Case {
    std::string_view what;
    std::function<void(IssuerOptions&)> change;
  };
  for (const Case& c : std::vector<Case>{
           {"no url", [](auto& o) { o.issuer.clear(); }},
           {"no algorithm", [](auto& o) { o.algorithms.clear(); }},
           {"no type", [](auto& o) { o.types.clear(); }},
           {"HS256 without a secret", [](auto& o) { o.algorithms = {Algorithm::kHs256}; }},
           {"a secret for ES256", [](auto& o) { o.shared_secret = Secret(std::string(64, 's')); }},
           {"a secret for two algorithms",
            [](auto& o) {
              o.shared_secret = Secret(std::string(64, 's'));
              o.algorithms = {Algorithm::kHs256, Algorithm::kHs512};
            }},
           {"a secret and a URL",
            [](auto& o) {
              o.shared_secret = Secret(std::string(64, 's'));
              o.algorithms = {Algorithm::kHs256};
              o.jwks_url = "https://id.example/jwks";
            }},
           {"keys in the clear", [](auto& o) { o.jwks_url = "http://id.example/jwks"; }},
           {"discovery in the clear", [](auto& o) { o.issuer = "http://id.example"; }},
           {"an issuer that is no URL", [](auto& o) { o.issuer = "corp"; }},
           {"authorities that are none", [](auto& o) { o.authorities = "nonsense"; }},
       }) {
    World world;
    IssuerOptions options = good;
    c.change(options);
    const auto opened = world.open({options});
    ASSERT_FALSE(opened) << c.what;
    EXPECT_EQ(opened.error().code, ErrorCode::kInvalid) << c.what;
  }
  World world;
  EXPECT_FALSE(world.open({good, good}));
}

TEST(Issuers, TakeAnIssuerThatIsNoUrlWhereItsKeysHaveOne) {
  World world;
  Provider provider(world.loop);
  ASSERT_TRUE(world.open({options_of("corp", provider.issuer + "/jwks")}));
  world.settle();
  EXPECT_EQ(world.keys_of("corp"), 1U);
}

TEST(Issuers, BelieveNoServerWithoutACertificateOfItsAuthorities) {
  const net::TestAuthority authority;
  const net::TestCertificate certificate = authority.issue("IP:127.0.0.1");
  World world;
  Provider provider(world.loop, *net::TlsContext::for_server(certificate.pem, certificate.key));
  IssuerOptions options = options_of(provider.issuer);
  for (const std::string& authorities : {std::string(), net::TestAuthority().pem()}) {
    options.authorities = authorities;
    ASSERT_TRUE(world.open({options}));
    world.settle();
    EXPECT_FALSE(world.issuers->all_have_keys());
  }
  EXPECT_EQ(provider.requests, 0);
  options.authorities = authority.pem();
  ASSERT_TRUE(world.open({options}));
  world.settle();
  EXPECT_TRUE(world.issuers->all_have_keys());
}

TEST(Issuers, ReadRsaKeysWithoutAnAlgorithmAsTheAllowedOne) {
  World world;
  Provider provider(world.loop);
  const auto signer = jwt::SigningKey::generate(Algorithm::kPs256);
  std::string jwk(signer->public_key().public_jwk());
  const std::string named = R"("alg":"PS256",)";
  const auto place = jwk.find(named);
  ASSERT_NE(place, std::string::npos) << jwk;
  provider.keys = {jwk.erase(place, named.size())};
  IssuerOptions options = options_of(provider.issuer);
  options.algorithms = {Algorithm::kEs256, Algorithm::kPs256};
  ASSERT_TRUE(world.open({options}));
  world.settle();
  ASSERT_EQ(world.keys_of(provider.issuer), 1U);
  const auto keys = world.issuers->trusted()->find(provider.issuer)->keys;
  EXPECT_EQ(keys->keys().front().algorithm(), Algorithm::kPs256);
}

}  // namespace
}  // namespace rescind::issuer

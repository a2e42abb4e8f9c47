#include "transport/broker_url.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace rescind::transport {
namespace {

Result<BrokerUrl> parse(std::string_view url) {
  return BrokerUrl::parse(url, "a URL is x://host/name", 99);
}

TEST(BrokerUrl, IsTakenApart) {
  const auto url = parse("x://me:p%40ss@one,[::1]:7000/feeds.eu?tls.ca=%2Fca.pem&b=");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(url->host_list(), "one:99,[::1]:7000");
  EXPECT_EQ(url->user, "me");
  ASSERT_TRUE(url->password);
  EXPECT_EQ(url->password->expose(), "p@ss");
  EXPECT_EQ(url->name, "feeds.eu");
  ASSERT_EQ(url->options.size(), 2U);
  EXPECT_EQ(url->options[0], (std::pair<std::string, std::string>("tls.ca", "/ca.pem")));
  const auto plain = parse("x://localhost");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host_list(), "localhost:99");
  EXPECT_FALSE(plain->user);
  EXPECT_FALSE(plain->password);
  EXPECT_EQ(plain->name, "");
  const auto user = parse("x://me@h/");
  ASSERT_TRUE(user);
  EXPECT_EQ(user->user, "me");
  EXPECT_FALSE(user->password);
  const auto password = parse("x://:p@h/");
  ASSERT_TRUE(password) << "a password without a user";
  EXPECT_EQ(password->user, "");
  EXPECT_FALSE(parse("x://:@h/"));
}

TEST(BrokerUrl, AHostIsANameAndAPort) {
  EXPECT_EQ(host_and_port("[::1]:7000"), (std::pair<std::string, std::uint16_t>("::1", 7000)));
  EXPECT_EQ(host_and_port("h:1"), (std::pair<std::string, std::uint16_t>("h", 1)));
}

TEST(BrokerUrl, KnowsWhatStaysOnThisHost) {
  EXPECT_TRUE(parse("x://127.0.0.1,localhost:1,[::1]:2")->all_loopback());
  EXPECT_FALSE(parse("x://127.0.0.1,example.com")->all_loopback());
}

TEST(BrokerUrl, RefusesWhatIsNoneAndRepeatsNoSecret) {
  for (const char* url : {"", "x://", "x://h,/n", "x://h:0/n", "x://h:65536/n", "x://h:1x/n",
                          "x://h h/n", "x://@h/n", "x://u:hunter2%zz@h/n", "x://h/n%zz",
                          "x://h/n#hunter2", "x://h/n?a=hunter2&a=hunter2", "x://h/n?=hunter2"}) {
    const auto parsed = parse(url);
    ASSERT_FALSE(parsed) << url;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalid) << url;
    EXPECT_EQ(parsed.error().message.find("hunter2"), std::string::npos) << parsed.error().message;
  }
  EXPECT_TRUE(parse("x://h:65535/n"));
}

TEST(BrokerUrl, SecretsLieInFiles) {
  std::string path = (std::filesystem::temp_directory_path() / "rescind-secret-XXXXXX").string();
  ::close(::mkstemp(path.data()));
  EXPECT_FALSE(secret_in("password_file", path)) << "empty";
  std::ofstream(path) << "p@ss\n";
  const auto secret = secret_in("password_file", path);
  std::filesystem::remove(path);
  ASSERT_TRUE(secret);
  EXPECT_EQ(secret->expose(), "p@ss");
  const auto none = secret_in("password_file", path);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(none.error().message.find("XXXX"), std::string::npos);
}

TEST(BrokerUrl, NamesOfBrokers) {
  EXPECT_TRUE(is_plain_name("rescind.eu-1_A"));
  EXPECT_FALSE(is_plain_name("a/b"));
  EXPECT_FALSE(is_plain_name("a*"));
}

}  // namespace
}  // namespace rescind::transport

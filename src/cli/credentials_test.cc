#include "cli/credentials.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

namespace rescind::cli {
namespace {

class KeptCredentials : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "rescind-credentials-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    path = pattern + "/below/credentials.json";
    setenv("RESCIND_CREDENTIALS", path.c_str(), 1);
  }
  void TearDown() override { unsetenv("RESCIND_CREDENTIALS"); }
  std::string path;
};

TEST_F(KeptCredentials, ComeBackAsTheyWereAndAreTheirOwnersAlone) {
  const Credentials saved{.address = "http://127.0.0.1:1",
                          .access_token = "a.b.c",
                          .refresh_token = "r",
                          .session_id = "s",
                          .expires_at = 1'800'000'000};
  ASSERT_TRUE(save_credentials(saved).has_value());
  struct stat status{};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  const auto loaded = load_credentials();
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->access_token, "a.b.c");
  EXPECT_EQ(loaded->refresh_token, "r");
  EXPECT_EQ(loaded->expires_at, 1'800'000'000);
}

TEST_F(KeptCredentials, ThatOthersCanReadAreRefused) {
  ASSERT_TRUE(save_credentials({.address = "", .access_token = "a"}).has_value());
  chmod(path.c_str(), 0640);
  const auto loaded = load_credentials();
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().code, ErrorCode::kInvalid);
  chmod(path.c_str(), 0600);
  EXPECT_TRUE(load_credentials().has_value());
}

TEST_F(KeptCredentials, NobodyIsSignedInAfterTheyAreForgotten) {
  ASSERT_TRUE(save_credentials({.address = "", .access_token = "a"}).has_value());
  forget_credentials();
  EXPECT_EQ(load_credentials().error().code, ErrorCode::kNotFound);
}

TEST(ClientAuthorization, NeedsBothHalves) {
  unsetenv("RESCIND_CLIENT_SECRET");
  unsetenv("RESCIND_CLIENT_SECRET_FILE");
  setenv("RESCIND_CLIENT_ID", "admin", 1);
  EXPECT_EQ(client_authorization().error().code, ErrorCode::kUnauthorized);
  setenv("RESCIND_CLIENT_SECRET", "s", 1);
  EXPECT_EQ(client_authorization().value(), "Basic YWRtaW46cw==");
  unsetenv("RESCIND_CLIENT_SECRET");
  unsetenv("RESCIND_CLIENT_ID");
}

}  // namespace
}  // namespace rescind::cli

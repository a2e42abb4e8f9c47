#include "transport/nats_access.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace rescind::transport {
namespace {

Result<NatsAccess> parse(const std::string& url, bool insecure = false) {
  FeedAccess from;
  from.feed = "eu";
  from.url = url;
  from.insecure = insecure;
  return NatsAccess::parse(from);
}

TEST(NatsAccess, ReadsAUrl) {
  const auto plain = parse("nats://localhost");
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_EQ(plain->hosts, std::vector<std::string>{"localhost:4222"});
  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->subject, "rescind.eu");
  EXPECT_EQ(plain->stream(), "rescind_eu");
  EXPECT_EQ(plain->snapshot_stream(), "rescind_eu_snapshot");
  EXPECT_EQ(plain->chunk_subject(), "rescind.eu.snapshot.chunk");
  const auto full =
      parse("nats+tls://me:p%40ss@a:1,b/feeds.eu-1?tls.ca=/ca.pem&tls.cert=/c.pem&tls.key=/k.pem");
  ASSERT_TRUE(full) << full.error().message;
  EXPECT_EQ(full->hosts, (std::vector<std::string>{"a:1", "b:4222"}));
  EXPECT_TRUE(full->tls);
  EXPECT_EQ(full->user, "me");
  EXPECT_EQ(full->password.expose(), "p@ss");
  EXPECT_EQ(full->ca_file, "/ca.pem");
  EXPECT_EQ(full->certificate_file, "/c.pem");
  EXPECT_EQ(full->key_file, "/k.pem");
  EXPECT_EQ(full->subject, "feeds.eu-1");
  EXPECT_EQ(full->stream(), "feeds_eu-1");
  EXPECT_EQ(parse("nats://h/?credentials_file=/u.creds")->credentials_file, "/u.creds");
}

TEST(NatsAccess, APasswordMayLieInAFile) {
  std::string path = (std::filesystem::temp_directory_path() / "rescind-secret-XXXXXX").string();
  ::close(::mkstemp(path.data()));
  std::ofstream(path) << "p@ss\n";
  const auto access = parse("nats+tls://me@h/?password_file=" + path);
  EXPECT_FALSE(parse("nats+tls://me:other@h/?password_file=" + path)) << "two of them";
  std::filesystem::remove(path);
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(access->password.expose(), "p@ss");
  EXPECT_FALSE(parse("nats+tls://me@h/?password_file=" + path));
}

TEST(NatsAccess, PasswordsStayOnThisHostOrUnderTls) {
  EXPECT_FALSE(parse("nats://u:p@nats.example"));
  EXPECT_FALSE(parse("nats://u:p@127.0.0.1,nats.example"));
  EXPECT_TRUE(parse("nats://u:p@127.0.0.1,[::1]:7"));
  EXPECT_TRUE(parse("nats+tls://u:p@nats.example"));
  EXPECT_TRUE(parse("nats://u:p@nats.example", true));
  EXPECT_TRUE(parse("nats://nats.example"));
}

TEST(NatsAccess, RefusesWhatIsNoSuchUrlAndRepeatsNoSecret) {
  for (const char* url : {
           "http://h/t",
           "nats:///t",
           "nats://h:0/t",
           "nats://u:%zz@h/t",
           "nats://u@localhost/t",
           "nats://u:@localhost/t",
           "nats://h/a b",
           "nats://h/a/b",
           "nats://h/a.*",
           "nats://h/>",
           "nats://h/$SYS",
           "nats://h/.a",
           "nats://h/a.",
           "nats://h/a..b",
           "nats://h/t?stream=x",
           "nats://h/t?tls.ca=/x",
           "nats+tls://h/t?tls.ca=",
           "nats+tls://h/t?tls.cert=/x",
           "nats+tls://h/t?tls.key=/x",
           "nats+tls://u:hunter2@h/t?credentials_file=/x",
           "nats+tls://u:hunter2@h/t?token=hunter2",
           "nats://u:hunter2@example.com/t",
       }) {
    const auto access = parse(url);
    ASSERT_FALSE(access) << url;
    EXPECT_EQ(access.error().code, ErrorCode::kInvalid) << url;
    EXPECT_EQ(access.error().message.find("hunter2"), std::string::npos) << access.error().message;
  }
  EXPECT_TRUE(parse("nats://h/" + std::string(200, 'a')));
  EXPECT_FALSE(parse("nats://h/" + std::string(201, 'a')));
}

}  // namespace
}  // namespace rescind::transport

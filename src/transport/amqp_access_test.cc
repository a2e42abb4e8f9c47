#include "transport/amqp_access.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

namespace rescind::transport {
namespace {

Result<AmqpAccess> parse(const std::string& url, bool insecure = false) {
  FeedAccess from;
  from.feed = "eu";
  from.url = url;
  from.insecure = insecure;
  return AmqpAccess::parse(from);
}

TEST(AmqpAccess, ReadsAPlainUrl) {
  const auto access = parse("amqp://localhost");
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(access->host, "localhost");
  EXPECT_EQ(access->port, 5672);
  EXPECT_EQ(access->user, "guest");
  EXPECT_EQ(access->vhost, "/");
  EXPECT_EQ(access->queue, "rescind.eu");
  EXPECT_EQ(access->snapshot_queue(), "rescind.eu.snapshot");
  EXPECT_FALSE(access->tls);
}

TEST(AmqpAccess, ReadsAFullUrl) {
  const auto access = parse(
      "amqps://me:p%40ss@[::1]:7000/feeds.eu?vhost=%2Fprod&cacertfile=/ca.pem&certfile=/c.pem&"
      "keyfile=/k.pem");
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_TRUE(access->tls);
  EXPECT_EQ(access->host, "::1");
  EXPECT_EQ(access->port, 7000);
  EXPECT_EQ(access->user, "me");
  EXPECT_EQ(access->password.expose(), "p@ss");
  EXPECT_EQ(access->queue, "feeds.eu");
  EXPECT_EQ(access->vhost, "/prod");
  EXPECT_EQ(access->ca_file, "/ca.pem");
  EXPECT_EQ(access->certificate_file, "/c.pem");
  EXPECT_EQ(access->key_file, "/k.pem");
  EXPECT_EQ(parse("amqps://example.org")->port, 5671);
}

TEST(AmqpAccess, APasswordMayLieInAFile) {
  const std::string path = testing::TempDir() + "rescind_amqp_password";
  std::ofstream(path) << "hunter2\n";
  const auto access = parse("amqp://me@localhost/q?password_file=" + path);
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(access->password.expose(), "hunter2");
  std::remove(path.c_str());
  EXPECT_FALSE(parse("amqp://me@localhost/q?password_file=" + path));
}

TEST(AmqpAccess, RefusesWhatIsNoneAndSaysNoPassword) {
  for (const char* url :
       {"amq://h/x", "amqp://", "amqp://:0/x", "amqp://h:0/x", "amqp://h:65536/x", "amqp://h:x/x",
        "amqp://user@h/x", "amqp://:p@localhost/x", "amqp://u:%zz@localhost/x", "amqp://h/x?db=1",
        "amqp://h/x#f", "amqp://h/amq.x", "amqp://h/a%20b", "amqp://h/x?cacertfile=/ca.pem",
        "amqps://h/x?certfile=/c.pem", "amqp://h,i/x", "amqp://u:hunter2@example.com/x"}) {
    const auto access = parse(url);
    ASSERT_FALSE(access) << url;
    EXPECT_EQ(access.error().code, ErrorCode::kInvalid) << url;
    EXPECT_EQ(access.error().message.find("hunter2"), std::string::npos);
  }
  EXPECT_TRUE(parse("amqps://u:p@example.com/x"));
  EXPECT_TRUE(parse("amqp://u:p@example.com/x", true));
  EXPECT_TRUE(parse("amqp://h/" + std::string(246, 'q')));
  EXPECT_FALSE(parse("amqp://h/" + std::string(247, 'q')));
}

}  // namespace
}  // namespace rescind::transport

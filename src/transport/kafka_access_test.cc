#include "transport/kafka_access.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace rescind::transport {
namespace {

Result<KafkaAccess> parse(std::string url) {
  FeedAccess access;
  access.url = std::move(url);
  return KafkaAccess::parse(access);
}
std::string option(const KafkaAccess& access, std::string_view name) {
  for (const auto& [option, value] : access.options) {
    if (option == name) return std::string(value.expose());
  }
  return "none";
}

TEST(KafkaAccess, ReadsBrokersTopicAndOptions) {
  const auto access = parse(
      "kafka://a.example,b.example:9093/"
      "rescind.eu?security.protocol=ssl&ssl.ca.location=%2Fca.pem");
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(access->brokers, "a.example:9092,b.example:9093");
  EXPECT_EQ(access->topic, "rescind.eu");
  EXPECT_EQ(access->snapshot_topic(), "rescind.eu.snapshot");
  EXPECT_EQ(option(*access, "security.protocol"), "ssl");
  EXPECT_EQ(option(*access, "ssl.ca.location"), "/ca.pem");
}

TEST(KafkaAccess, ATopicThatIsNotNamedIsTheFeeds) {
  FeedAccess access;
  access.url = "kafka://[::1]:9092";
  access.feed = "eu";
  access.retention = std::chrono::hours(3);
  const auto read = KafkaAccess::parse(access);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->brokers, "[::1]:9092");
  EXPECT_EQ(read->topic, "rescind.eu");
  EXPECT_EQ(read->retention, std::chrono::hours(3));
}

TEST(KafkaAccess, APasswordMeansScramOverTls) {
  const auto access = parse("kafka://rescind:p%40ss@kafka.example/t");
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(option(*access, "sasl.username"), "rescind");
  EXPECT_EQ(option(*access, "sasl.password"), "p@ss");
  EXPECT_EQ(option(*access, "security.protocol"), "sasl_ssl");
  EXPECT_EQ(option(*access, "sasl.mechanism"), "SCRAM-SHA-512");
}

TEST(KafkaAccess, APasswordMayLieInAFile) {
  const std::string path = testing::TempDir() + "kafka_password_" + std::to_string(::getpid());
  std::ofstream(path) << "p@ss\n";
  const auto access = parse("kafka://user@h/t?sasl.password_file=" + path);
  std::filesystem::remove(path);
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(option(*access, "sasl.password"), "p@ss");
  EXPECT_FALSE(parse("kafka://user@h/t?sasl.password_file=" + path));
}

TEST(KafkaAccess, PlainPasswordsStayOnThisHostOrUnderTls) {
  const std::string plain = "?security.protocol=SASL_PLAINTEXT&sasl.mechanism=PLAIN";
  EXPECT_FALSE(parse("kafka://u:p@kafka.example/t" + plain));
  EXPECT_TRUE(parse("kafka://u:p@127.0.0.1:9092/t" + plain));
  EXPECT_FALSE(parse("kafka://u:p@127.0.0.1:9092,kafka.example/t" + plain));
  EXPECT_TRUE(parse("kafka://u:p@kafka.example/t?security.protocol=SASL_SSL&sasl.mechanism=PLAIN"));
  FeedAccess access;
  access.url = "kafka://u:p@kafka.example/t" + plain;
  access.insecure = true;
  EXPECT_TRUE(KafkaAccess::parse(access));
}

TEST(KafkaAccess, RefusesWhatIsNoSuchUrlAndRepeatsNoSecret) {
  for (const char* url : {
           "http://h/t",
           "kafka:///t",
           "kafka://h:0/t",
           "kafka://h:70000/t",
           "kafka://h:9092x/t",
           "kafka://h,/t",
           "kafka://h/a b",
           "kafka://h/..",
           "kafka://h/a/b",
           "kafka://h/t?acks=0",
           "kafka://h/t?enable.idempotence=false",
           "kafka://h/t?bootstrap.servers=hunter2",
           "kafka://u:%zz@h/t",
           "kafka://:hunter2@h/t",
           "kafka://u:hunter2@h/t?group.id=hunter2",
           "kafka://h/t?sasl.password=hunter2&sasl.password=hunter2",
       }) {
    const auto access = parse(url);
    ASSERT_FALSE(access) << url;
    EXPECT_EQ(access.error().code, ErrorCode::kInvalid) << url;
    EXPECT_EQ(access.error().message.find("hunter2"), std::string::npos) << access.error().message;
  }
}

}  // namespace
}  // namespace rescind::transport

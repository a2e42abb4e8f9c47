// Who is let in, and over what: the nats:// adapter over real servers with users and with TLS.

#include <gtest/gtest.h>

#include <fstream>

#include "feed/authority_for_test.h"
#include "net/test_certificates.h"
#include "transport/nats.h"
#include "transport/nats_reader.h"
#include "transport/nats_requests.h"
#include "transport/nats_server_testing.h"
#include "transport/nats_transport.h"

namespace rescind::transport {
namespace {

constexpr const char* kSubject = "rescind.default";

// As docs/operations.md has them.
constexpr const char* kUsers = R"(
authorization {
  users = [
    { user: operator, password: operator }
    { user: authority, password: "p@ss", permissions: {
        publish: ["rescind.default", "rescind.default.snapshot.*",
                  "$JS.API.STREAM.INFO.rescind_default", "$JS.API.STREAM.INFO.rescind_default_snapshot",
                  "$JS.API.STREAM.PURGE.rescind_default_snapshot"]
        subscribe: ["_INBOX.>"] } }
    { user: follower, password: "hunter2", permissions: {
        publish: ["$JS.API.STREAM.INFO.rescind_default", "$JS.API.STREAM.INFO.rescind_default_snapshot",
                  "$JS.API.STREAM.MSG.GET.rescind_default", "$JS.API.CONSUMER.CREATE.rescind_default",
                  "$JS.API.CONSUMER.CREATE.rescind_default_snapshot", "$JS.FC.>"]
        subscribe: ["_INBOX.>"] } }
    { user: requests, password: "hunter2", permissions: {
        publish: ["$JS.API.STREAM.INFO.rescind_default_requests",
                  "$JS.API.CONSUMER.CREATE.rescind_default_requests", "$JS.FC.>"]
        subscribe: ["_INBOX.>"] } }
    { user: service, password: "hunter2", permissions: {
        publish: ["rescind.default.requests"], subscribe: ["_INBOX.>"] } }
  ]
})";

void write(const std::string& path, std::string_view text) { std::ofstream(path) << text; }

class NatsSecurity : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto any = NatsServer::get(); !any) GTEST_SKIP() << any.error().message;
  }
  NatsAccess as(const NatsServer& server, const std::string& user, const std::string& password) {
    NatsAccess access = server.access(kSubject);
    access.user = user;
    access.password = Secret(password);
    return access;
  }
  NullLog log;
  feed::AuthorityForTest authority;
};

TEST_F(NatsSecurity, WhatOperationsGrantsIsEnoughAndNoMore) {
  const auto server = NatsServer::start(kUsers, "operator:operator@");
  ASSERT_TRUE(server) << server.error().message;
  (*server)->create(kSubject);
  const NatsAccess writer = as(**server, "authority", "p@ss");
  const NatsAccess follower = as(**server, "follower", "hunter2");

  const auto transport = NatsTransport::open(writer, log);
  ASSERT_TRUE(transport) << transport.error().message;
  const feed::Sealed batch = authority.revoke({feed::revoke_session("s")});
  ASSERT_TRUE((*transport)->publish(batch));
  const feed::Snapshot snapshot{.manifest = "m", .segments = {std::string(2'000'000, 's')}};
  for (int i = 0; i < 4; ++i) {
    const auto put = (*transport)->publish_snapshot(snapshot);
    ASSERT_TRUE(put) << put.error().message;
  }
  EXPECT_NE((*server)->ask("STREAM.INFO.rescind_default_snapshot").find("\"messages\":10,"),
            std::string::npos)
      << "the older ones are purged";

  NatsReader reader(follower);
  const auto opened = reader.open({.term = 1, .number = 1});
  ASSERT_TRUE(opened) << opened.error().message;
  const auto words = reader.read(std::chrono::seconds(10));
  ASSERT_TRUE(words) << words.error().message;
  EXPECT_EQ(*words, std::vector{batch.jws});
  const auto got = reader.snapshot();
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->segments, snapshot.segments);

  // Who may only read does not get a word in, and hears why.
  const auto refused = NatsTransport::open(follower, log);
  ASSERT_TRUE(refused) << refused.error().message;
  const auto not_put = (*refused)->publish(batch);
  ASSERT_FALSE(not_put);
  EXPECT_NE(not_put.error().message.find("ermissions"), std::string::npos)
      << not_put.error().message;
}

TEST_F(NatsSecurity, WhatOperationsGrantsForRequestsIsEnough) {
  const auto server = NatsServer::start(kUsers, "operator:operator@");
  ASSERT_TRUE(server) << server.error().message;
  const NatsAccess reading = as(**server, "requests", "hunter2").requests();
  (*server)->create_stream(reading.stream(), reading.subject, {{"max_age", "7200000000000"}});
  const auto service = NatsClient::connect(as(**server, "service", "hunter2"));
  ASSERT_TRUE(service) << service.error().message;
  const std::string_view request = "a request";
  const auto put = (*service)->publish(reading.subject, reading.stream(), {&request, 1});
  EXPECT_FALSE(put.why) << put.why->message;
  EXPECT_TRUE((*service)->publish(kSubject, "rescind_default", {&request, 1}).why) << "the feed's";

  NatsRequests topic(reading);
  const auto checked = topic.check(100);
  ASSERT_TRUE(checked) << checked.error().message;
  const auto opened = topic.open({});
  ASSERT_TRUE(opened) << opened.error().message;
  const auto read = topic.read(std::chrono::seconds(10), 100);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 1U);
  EXPECT_EQ(read->at(0).text, request);
}

TEST_F(NatsSecurity, AWrongPasswordIsRefusedAndNotSaid) {
  const auto server = NatsServer::start(kUsers, "operator:operator@");
  ASSERT_TRUE(server) << server.error().message;
  (*server)->create(kSubject);
  const auto opened = NatsTransport::open(as(**server, "authority", "hunter2"), log);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kUnauthorized) << opened.error().message;
  EXPECT_EQ(opened.error().message.find("hunter2"), std::string::npos);
}

TEST_F(NatsSecurity, OverTlsTheServerIsWhoItSaysItIs) {
  const net::TestAuthority certifier;
  const net::TestAuthority stranger;
  const auto plain = NatsServer::start("");
  ASSERT_TRUE(plain) << plain.error().message;
  (*plain)->create(kSubject);
  const std::string folder = (*plain)->folder();
  const net::TestCertificate certificate = certifier.issue("DNS:localhost");
  write(folder + "/ca.pem", certifier.pem());
  write(folder + "/stranger.pem", stranger.pem());
  write(folder + "/server.pem", certificate.pem);
  write(folder + "/server.key", certificate.key.expose());
  const auto reach = [&](const NatsServer& server, const std::string& scheme,
                         const std::string& host, const std::string& ca) {
    FeedAccess from;
    from.url = server.url(kSubject, scheme) + (ca.empty() ? "" : "?tls.ca=" + folder + ca);
    from.url.replace(from.url.find("127.0.0.1"), 9, host);
    NatsAccess access = *NatsAccess::parse(from);
    access.answer_within = std::chrono::seconds(10);  // a handshake takes its time under load
    return NatsReader(access).open({});
  };
  EXPECT_TRUE(reach(**plain, "nats", "localhost", ""));
  const auto downgraded = reach(**plain, "nats+tls", "localhost", "/ca.pem");
  EXPECT_FALSE(downgraded) << "a server that speaks no TLS";

  // The same with TLS alone.
  const std::string configuration = "tls { cert_file: \"" + folder + "/server.pem\", key_file: \"" +
                                    folder + "/server.key\", timeout: 20 }\n";
  const auto secured = (*plain)->restart_with(configuration);
  ASSERT_TRUE(secured) << secured.error().message;
  const auto good = reach(**plain, "nats+tls", "localhost", "/ca.pem");
  EXPECT_TRUE(good) << good.error().message;
  EXPECT_FALSE(reach(**plain, "nats", "localhost", "")) << "in the clear";
  EXPECT_FALSE(reach(**plain, "nats+tls", "localhost", "/stranger.pem"));
  EXPECT_FALSE(reach(**plain, "nats+tls", "localhost", "")) << "the system does not know it";
  EXPECT_FALSE(reach(**plain, "nats+tls", "127.0.0.1", "/ca.pem")) << "of another name";
  EXPECT_FALSE(reach(**plain, "nats+tls", "localhost", "/none.pem"));
}

}  // namespace
}  // namespace rescind::transport

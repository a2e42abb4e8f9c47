#include "net/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_client.h"
#include "net/http_server.h"
#include "net/loop_thread.h"
#include "net/raw_client.h"
#include "net/test_certificates.h"

namespace rescind::net {
namespace {

using testing::HasSubstr;

class Tls : public testing::Test {
 protected:
  void serve(const std::string& names) {
    const TestCertificate certificate = authority_.issue(names);
    auto tls = TlsContext::for_server(certificate.pem, certificate.key);
    ASSERT_TRUE(tls) << tls.error().message;
    server_ = *Server::open(
        {&server_loop_.loop()}, {.tls = *tls}, [](const Request& request, Responder responder) {
          EXPECT_TRUE(request.over_tls);
          if (request.path == "/stream") {
            responder.stream({})->send(std::make_shared<const std::string>("streamed"));
            return;
          }
          responder.respond({.body = std::string(request.body)});
        });
  }
  Result<Response> fetch(const std::string& host, const std::string& authorities,
                         const std::string& path = "/", std::string body = "hello") {
    auto tls = TlsContext::for_client(authorities);
    if (!tls) return std::unexpected(tls.error());
    return blocking_fetch({.method = Method::kPost,
                           .url = "https://" + host + ":" + std::to_string(server_->port()) + path,
                           .body = std::move(body),
                           .max_body = 10'000'000},
                          {.tls = *tls});
  }

  TestAuthority authority_;
  LoopThread server_loop_;
  std::unique_ptr<Server> server_;
};

TEST_F(Tls, TalksToAServerOfAKnownAuthority) {
  serve("DNS:localhost,IP:127.0.0.1");
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const auto response = fetch(host, authority_.pem());
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "hello");
  }
}

TEST_F(Tls, RefusesAServerOfAnUnknownAuthority) {
  serve("DNS:localhost,IP:127.0.0.1");
  for (const std::string& authorities : {TestAuthority().pem(), std::string()}) {
    const auto response = fetch("localhost", authorities);
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(response.error().message, HasSubstr("certificate refused"));
  }
  EXPECT_EQ(server_->counters().requests, 0);
}

TEST_F(Tls, RefusesAServerOfAnotherName) {
  serve("DNS:example.org,DNS:*.localhost,IP:127.0.0.2");
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const auto response = fetch(host, authority_.pem());
    ASSERT_FALSE(response);
    EXPECT_THAT(response.error().message, HasSubstr("mismatch"));
  }
  EXPECT_EQ(server_->counters().requests, 0);
}

TEST_F(Tls, CarriesLargeBodiesAndStreams) {
  serve("DNS:localhost");
  const auto streamed = fetch("localhost", authority_.pem(), "/stream");
  ASSERT_TRUE(streamed) << streamed.error().message;
  EXPECT_EQ(streamed->body, "streamed");
  const std::string large(60'000, 'x');
  const auto response = fetch("localhost", authority_.pem(), "/", large);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, large);
}

TEST_F(Tls, KeepsAConnection) {
  serve("DNS:localhost");
  LoopThread loop;
  const auto tls = *TlsContext::for_client(authority_.pem());
  Client client(loop.loop(), {.tls = tls});
  for (int i = 0; i < 3; ++i) {
    Promised<bool> good;
    client.fetch({.url = "https://localhost:" + std::to_string(server_->port()) + "/"},
                 [&](const Result<Response>& response) { good.set(response.has_value()); });
    EXPECT_EQ(good.wait(), true);
  }
  EXPECT_EQ(server_->counters().connections, 1);
}

TEST_F(Tls, TakesANewCertificateForNewConnections) {
  serve("DNS:example.org");
  EXPECT_FALSE(fetch("localhost", authority_.pem()));
  const TestCertificate renewed = authority_.issue("DNS:localhost");
  server_->replace_tls(*TlsContext::for_server(renewed.pem, renewed.key));
  EXPECT_TRUE(fetch("localhost", authority_.pem()));
}

TEST_F(Tls, EndsAConnectionThatSpeaksNoTls) {
  serve("DNS:localhost");
  RawClient client(server_->port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  client.read_all();
  EXPECT_EQ(server_->counters().failed_handshakes, 1);
  EXPECT_EQ(server_->counters().requests, 0);
}

TEST_F(Tls, RefusesWhatIsNoCertificateOrAnotherKey) {
  const TestCertificate one = authority_.issue("DNS:localhost");
  const TestCertificate other = authority_.issue("DNS:localhost");
  EXPECT_TRUE(TlsContext::for_server(one.pem, one.key));
  EXPECT_FALSE(TlsContext::for_server(one.pem, other.key));
  EXPECT_FALSE(TlsContext::for_server("", one.key));
  EXPECT_FALSE(TlsContext::for_server(one.pem, Secret("nonsense")));
  EXPECT_FALSE(TlsContext::for_client("nonsense"));
}

}  // namespace
}  // namespace rescind::net

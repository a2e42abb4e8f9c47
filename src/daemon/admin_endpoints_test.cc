#include "daemon/admin_endpoints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rescind::daemon {
namespace {

using testing::HasSubstr;

// The server's side of one request, which keeps the answer.
class Exchange final : public net::Responder::Exchange {
 public:
  Exchange(net::Method method, std::string_view path) {
    request_.method = method;
    request_.path = path;
  }
  const net::Request& request() const override { return request_; }
  void respond(std::shared_ptr<net::Responder::Exchange> /*self*/,
               net::Response response) override {
    response_ = std::move(response);
  }
  std::shared_ptr<net::Stream> stream(std::shared_ptr<net::Responder::Exchange> /*self*/,
                                      net::Response /*head*/) override {
    return nullptr;
  }
  std::shared_ptr<net::Stream> upgrade(std::shared_ptr<net::Responder::Exchange> /*self*/,
                                       net::Response /*head*/, OnData /*on_data*/) override {
    return nullptr;
  }
  const net::Response& response() const { return response_; }

 private:
  net::Request request_;
  net::Response response_{.status = 0};
};

net::Response ask(const net::Handler& handler, std::string_view path,
                  net::Method method = net::Method::kGet) {
  auto exchange = std::make_shared<Exchange>(method, path);
  handler(exchange->request(), net::Responder(exchange));
  return exchange->response();
}

class AdminEndpoints : public testing::Test {
 protected:
  Health health_;
  Metrics metrics_;
  net::Handler handler_ = admin_endpoints(health_, metrics_);
};

TEST_F(AdminEndpoints, AnswersReadinessFromTheConditions) {
  health_.require("store", "migrating");
  const net::Response starting = ask(handler_, "/healthz/ready");
  EXPECT_EQ(starting.status, 503);
  EXPECT_EQ(starting.header("retry-after"), "1");
  EXPECT_THAT(starting.body, HasSubstr("migrating"));
  health_.set("store", true);
  const net::Response ready = ask(handler_, "/healthz/ready");
  EXPECT_EQ(ready.status, 200);
  EXPECT_EQ(ready.header("cache-control"), "no-store");
}

TEST_F(AdminEndpoints, LivesWhileItIsNotReady) {
  health_.drain();
  EXPECT_EQ(ask(handler_, "/healthz/live").status, 200);
}

TEST_F(AdminEndpoints, ExposesTheMetrics) {
  metrics_.counter({"rescind_checks_total", "tokens checked"}).add(3);
  const net::Response response = ask(handler_, "/metrics");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, Metrics::kContentType);
  EXPECT_THAT(response.body, HasSubstr("rescind_checks_total 3\n"));
}

TEST_F(AdminEndpoints, RefusesOtherMethods) {
  EXPECT_EQ(ask(handler_, "/metrics", net::Method::kHead).status, 200);
  const net::Response refused = ask(handler_, "/metrics", net::Method::kPost);
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.header("allow"), "GET, HEAD");
}

TEST_F(AdminEndpoints, LeavesOtherPathsToTheNext) {
  EXPECT_EQ(ask(handler_, "/other").status, 404);
  EXPECT_EQ(ask(handler_, "/metrics/").status, 404);
  const net::Handler with_next = admin_endpoints(
      health_, metrics_,
      [](const net::Request&, net::Responder responder) { responder.respond({.status = 204}); });
  EXPECT_EQ(ask(with_next, "/other").status, 204);
  EXPECT_EQ(ask(with_next, "/healthz/live").status, 200);
}

}  // namespace
}  // namespace rescind::daemon

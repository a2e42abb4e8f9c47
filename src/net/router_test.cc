#include "net/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_client.h"
#include "net/loop_thread.h"
#include "net/raw_client.h"

namespace rescind::net {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class RouterTest : public testing::Test {
 protected:
  // The route answers its name and the parameters that it is asked for.
  void route(Method method, const std::string& pattern, const std::string& name,
             std::vector<std::string> parameters = {}, std::size_t body_limit = 64) {
    router_.add(
        method, pattern,
        [name, parameters](const Request&, const PathParameters& given, Responder responder) {
          std::string body = name;
          for (const std::string& parameter : parameters) body += " " + given[parameter];
          responder.respond({.content_type = "text/plain", .body = std::move(body)});
        },
        body_limit);
  }
  Response ask(Method method, const std::string& target, std::string body = {}) {
    if (server_ == nullptr) {
      ServerOptions options;
      options.body_limit = [this](const Request& request) { return router_.body_limit(request); };
      server_ = *Server::open({&thread_.loop()}, std::move(options), router_.handler());
    }
    FetchRequest request;
    request.method = method;
    request.url = "http://127.0.0.1:" + std::to_string(server_->port()) + target;
    request.body = std::move(body);
    auto response = blocking_fetch(std::move(request));
    return response ? *std::move(response) : Response{.status = 0};
  }

  Router router_;
  LoopThread thread_;
  std::unique_ptr<Server> server_;
};

TEST_F(RouterTest, FindsTheRouteOfMethodAndPath) {
  route(Method::kGet, "/v1/things", "list");
  route(Method::kPost, "/v1/things", "add");
  route(Method::kGet, "/v1/things/{id}", "one", {"id"});
  route(Method::kGet, "/v1/things/{id}/parts/{part}", "part", {"id", "part"});
  route(Method::kGet, "/v1/things/all", "all");
  route(Method::kGet, "/files/{path...}", "file", {"path"});

  const struct {
    Method method;
    const char* target;
    int status;
    const char* body;
  } cases[] = {
      {Method::kGet, "/v1/things", 200, "list"},
      {Method::kGet, "/v1/things?limit=1", 200, "list"},
      {Method::kPost, "/v1/things", 200, "add"},
      {Method::kGet, "/v1/things/7", 200, "one 7"},
      {Method::kGet, "/v1/things/a%20b%2Fc", 200, "one a b/c"},
      {Method::kGet, "/v1/things/all", 200, "all"},
      {Method::kGet, "/v1/things/7/parts/x", 200, "part 7 x"},
      {Method::kGet, "/files/a/b%20c/d", 200, "file a/b%20c/d"},
      {Method::kGet, "/v1/things/", 404, nullptr},
      {Method::kGet, "/v1//things", 404, nullptr},
      {Method::kGet, "/v1/thing", 404, nullptr},
      {Method::kGet, "/v1/Things", 404, nullptr},
      {Method::kGet, "/v1/%74hings", 404, nullptr},
      {Method::kGet, "/v1/things/%2E%2E", 404, nullptr},
      {Method::kGet, "/v1/things/7/parts", 404, nullptr},
      {Method::kGet, "/v1/things/7/parts/x/y", 404, nullptr},
      {Method::kGet, "/", 404, nullptr},
      {Method::kDelete, "/v1/things", 405, nullptr},
      {Method::kPost, "/v1/things/7", 405, nullptr},
  };
  for (const auto& c : cases) {
    const Response response = ask(c.method, c.target);
    EXPECT_EQ(response.status, c.status) << c.target;
    if (c.body != nullptr) {
      EXPECT_EQ(response.body, c.body) << c.target;
    } else {
      EXPECT_EQ(response.content_type, "application/problem+json") << c.target;
    }
  }
}

TEST_F(RouterTest, SaysWhichMethodsAResourceHas) {
  route(Method::kGet, "/v1/things", "list");
  route(Method::kPost, "/v1/things", "add");
  const Response wrong = ask(Method::kPut, "/v1/things");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_THAT(std::string(wrong.header("Allow").value_or("")),
              testing::AllOf(HasSubstr("GET, HEAD"), HasSubstr("POST")));
  EXPECT_THAT(wrong.body, HasSubstr("\"status\":405"));
  const Response options = ask(Method::kOptions, "/v1/things");
  EXPECT_EQ(options.status, 204);
  EXPECT_TRUE(options.header("Allow"));
  EXPECT_EQ(ask(Method::kOptions, "/nothing").status, 404);
}

TEST_F(RouterTest, AnswersHeadAsGetWithoutABody) {
  route(Method::kGet, "/v1/things", "list");
  const Response response = ask(Method::kHead, "/v1/things");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "");
}

TEST_F(RouterTest, LimitsBodiesByRoute) {
  route(Method::kPost, "/small", "small", {}, 10);
  route(Method::kPost, "/large", "large", {}, 1000);
  EXPECT_EQ(ask(Method::kPost, "/small", std::string(10, 'x')).status, 200);
  EXPECT_EQ(ask(Method::kPost, "/small", std::string(11, 'x')).status, 413);
  EXPECT_EQ(ask(Method::kPost, "/large", std::string(1000, 'x')).status, 200);
}

}  // namespace
}  // namespace rescind::net

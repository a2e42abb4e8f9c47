#include "strategy/introspection.h"

#include <gtest/gtest.h>

#include "net/http_server.h"

namespace rescind::strategy {
namespace {

using verifier::Answer;

TEST(Introspection, OnlyAClearYesIsAYes) {
  const auto answered = [](int status, std::string body) {
    net::Response response;
    response.status = status;
    response.body = std::move(body);
    return read_answer(response);
  };
  EXPECT_EQ(answered(200, R"({"active":true,"sub":"u"})"), Answer::kActive);
  EXPECT_EQ(answered(200, R"({"active":false})"), Answer::kInactive);
  for (const char* bad : {"", "true", "{}", R"({"active":"true"})", R"({"active":1})",
                          R"({"active":true,"active":false})", R"({"active":true)"}) {
    EXPECT_EQ(answered(200, bad), Answer::kUnavailable) << bad;
  }
  EXPECT_EQ(answered(401, R"({"active":true})"), Answer::kUnavailable);
  EXPECT_EQ(read_answer(fail(ErrorCode::kTimeout, "")), Answer::kUnavailable);
}

TEST(Introspection, AsksWithTheTokenInTheBodyAndItsOwnCredentials) {
  net::Loop loop;
  std::string body;
  std::string authorization;
  auto server =
      net::Server::open({&loop}, {}, [&](const net::Request& request, net::Responder answer) {
        body = request.body;
        authorization = request.headers.find("authorization").value_or("");
        net::Response response;
        response.body = R"({"active":true})";
        answer.respond(std::move(response));
      });
  ASSERT_TRUE(server.has_value());
  net::Client client(loop);
  Introspection introspection(
      client,
      {.url = "http://127.0.0.1:" + std::to_string((*server)->port()) + "/oauth2/introspect",
       .client_id = "gateway",
       .client_secret = Secret("s3cret")});
  std::optional<Answer> answer;
  introspection.ask("a.b.c", {}, [&](Answer given) {
    answer = given;
    loop.stop();
  });
  loop.run();
  EXPECT_EQ(answer, Answer::kActive);
  EXPECT_EQ(body, "token=a.b.c&token_type_hint=access_token");
  EXPECT_EQ(authorization, "Basic Z2F0ZXdheTpzM2NyZXQ=");
}

TEST(Introspection, NobodyThereIsNeverAYes) {
  net::Loop loop;
  net::Client client(loop);
  Introspection introspection(client, {.url = "http://127.0.0.1:1/oauth2/introspect",
                                       .client_id = "gateway",
                                       .client_secret = Secret("s")});
  std::optional<Answer> answer;
  introspection.ask("a.b.c", {}, [&](Answer given) {
    answer = given;
    loop.stop();
  });
  loop.run();
  EXPECT_EQ(answer, Answer::kUnavailable);
}

}  // namespace
}  // namespace rescind::strategy

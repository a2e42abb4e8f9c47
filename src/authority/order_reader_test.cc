#include "authority/order_reader.h"

#include <gtest/gtest.h>

#include "jwt/base64url.h"

namespace rescind::authority {
namespace {

constexpr const char* kOurs = "https://auth.example";

class OrderReaderTest : public testing::Test {
 protected:
  Result<OrderRequest> read(const std::string& text) {
    return read_order(*reader_.parse(text, {}), kOurs);
  }
  static std::string token(const std::string& payload) {
    return jwt::base64url_encode(R"({"alg":"ES256"})") + "." + jwt::base64url_encode(payload) +
           ".AA";
  }

 private:
  json::Reader reader_;
};

TEST_F(OrderReaderTest, TakesATargetOfOurOwnOrAnotherIssuer) {
  const auto session = read(R"({"claim":"sid","value":"s_1"})");
  ASSERT_TRUE(session);
  EXPECT_EQ(session->order.target, (revocation::Target{kOurs, "sid", std::string("s_1")}));
  EXPECT_EQ(session->order.reason, revocation::Reason::kRevoked);
  EXPECT_FALSE(session->order.cut);

  const auto foreign = read(R"({"issuer":"https://id.example","claim":"tenant","value":7,
                                "cut":1800000000000,"reason":"compromised","note":"why"})");
  ASSERT_TRUE(foreign);
  EXPECT_EQ(foreign->order.target,
            (revocation::Target{"https://id.example", "tenant", std::int64_t{7}}));
  EXPECT_EQ(foreign->order.cut, "1800000000000");
  EXPECT_EQ(foreign->order.reason, revocation::Reason::kCompromised);
  EXPECT_EQ(foreign->order.note, "why");

  const auto all = read(R"({"claim":"iss","cut":"7.3"})");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->order.target.value, revocation::Value(kOurs));
  EXPECT_EQ(all->order.cut, "7.3");
}

TEST_F(OrderReaderTest, TakesATokenByItsJti) {
  const auto order =
      read(R"({"token":")" +
           token(R"({"iss":"https://id.example","jti":"t1","exp":1800000000.5})") + R"("})");
  ASSERT_TRUE(order) << order.error().message;
  EXPECT_EQ(order->order.target,
            (revocation::Target{"https://id.example", "jti", std::string("t1")}));
  EXPECT_EQ(order->order.expires_at, 1'800'000'001);
  const std::string refresh = "rsr_" + std::string(43, 'A');
  EXPECT_EQ(read(R"({"token":")" + refresh + R"("})")->refresh_token.expose(), refresh);
}

TEST_F(OrderReaderTest, TakesAListOfOrders) {
  json::Reader reader;
  const auto list = reader.parse(
      R"({"revocations":[{"claim":"sid","value":"a"},{"claim":"sub","value":"b"}]})", {});
  const auto orders = read_orders(*list, kOurs);
  ASSERT_TRUE(orders);
  EXPECT_TRUE(orders->listed);
  ASSERT_EQ(orders->orders.size(), 2U);
  EXPECT_EQ(orders->orders[1].order.target, (revocation::Target{kOurs, "sub", std::string("b")}));
  const auto one = read_orders(*reader.parse(R"({"claim":"sid","value":"a"})", {}), kOurs);
  ASSERT_TRUE(one);
  EXPECT_FALSE(one->listed);
}

TEST_F(OrderReaderTest, RefusesWhatIsNoOrder) {
  const std::string bad[] = {
      R"({})",
      R"({"claim":"sid"})",
      R"({"value":"x"})",
      R"({"claim":"sid","value":true})",
      R"({"claim":"sid","value":1.5})",
      R"({"claim":"sub","value":"u","cut":true})",
      R"({"claim":"sid","value":"x","reason":"angry"})",
      R"({"claim":"sid","value":"x","until":5})",
      R"({"token":"nonsense"})",
      R"({"token":"x","claim":"sid","value":"s"})",
      R"({"token":")" + token(R"({"iss":"https://id.example"})") + R"("})",
      R"({"token":")" + token("[]") + R"("})",
  };
  for (const std::string& text : bad) {
    const auto order = read(text);
    ASSERT_FALSE(order) << text;
    EXPECT_EQ(order.error().code, ErrorCode::kInvalid) << text;
  }
}

}  // namespace
}  // namespace rescind::authority

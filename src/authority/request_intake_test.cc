#include "authority/request_intake.h"

#include <gtest/gtest.h>

#include <future>

#include "authority/authority_for_test.h"
#include "authority/limits.h"
#include "authority/signed_request.h"
#include "feed/envelope.h"

namespace rescind::authority {
namespace {

class RequestIntakeTest : public AuthorityTest {
 protected:
  void SetUp() override {
    service_.request_key = key_.public_key().public_jwk();
    reader_.request_key = readers_key_.public_key().public_jwk();
    options.clients.push_back(service_);
    options.clients.push_back(reader_);
    start();
  }
  std::int64_t now() const { return to_seconds(clock.now().wall); }
  // A good one, to be spoilt.
  RequestToSign request(const std::string& body = R"({"claim":"sub","value":"u"})") {
    return {.client = "service",
            .issuer = options.issuer,
            .jti = "r-" + std::to_string(++made_),
            .issued_at = now(),
            .expires_at = now() + 600,
            .body = body};
  }
  RequestOutcome take(std::string jws) {
    std::promise<RequestOutcome> outcome;
    authority_->take_request(std::move(jws), [&](RequestOutcome got) { outcome.set_value(got); });
    return outcome.get_future().get();
  }
  RequestOutcome take(const RequestToSign& request) { return take(sign_request(request, key_)); }
  // What must change nothing.
  void refuses(const std::string& jws, const char* why) {
    const std::string before = head();
    EXPECT_EQ(take(jws), RequestOutcome::kRefused) << why;
    EXPECT_EQ(head(), before) << why;
  }
  void refuses(const RequestToSign& request, const char* why) {
    refuses(sign_request(request, key_), why);
  }

  jwt::SigningKey key_ = *jwt::SigningKey::generate(jwt::Algorithm::kEdDsa);
  jwt::SigningKey readers_key_ = *jwt::SigningKey::generate(jwt::Algorithm::kEdDsa);
  ConfiguredClient service_{.id = "service", .secret = Secret("s"), .roles = "revoke"};
  ConfiguredClient reader_{.id = "reader", .secret = Secret("s"), .roles = "introspect"};
  int made_ = 0;
};

TEST_F(RequestIntakeTest, IsCommittedLikeAnyOther) {
  const Tokens user = open_session("u"), other = open_session("w");
  EXPECT_EQ(take(request()), RequestOutcome::kCommitted);
  EXPECT_FALSE(is_active(user.access));
  EXPECT_EQ(refresh(user.refresh).status(), 401);
  EXPECT_TRUE(is_active(other.access));
  const std::string records = get("/v1/revocations", as("security")).body();
  EXPECT_NE(records.find("client:service"), std::string::npos) << records;
  EXPECT_EQ(take(request(R"({"revocations":[{"claim":"sid","value":")" + other.session +
                         R"("},{"claim":"sub","value":"x"}]})")),
            RequestOutcome::kCommitted);
  EXPECT_FALSE(is_active(other.access));
  EXPECT_EQ(authority_->counters().requests_committed.value(), 2U);
}

TEST_F(RequestIntakeTest, CountsOnceHoweverOftenItComes) {
  const std::string jws = sign_request(request(), key_);
  EXPECT_EQ(take(jws), RequestOutcome::kCommitted);
  const Tokens later = open_session("u");
  const std::string before = head();
  EXPECT_EQ(take(jws), RequestOutcome::kReplayed);
  stop();
  start();
  EXPECT_EQ(take(jws), RequestOutcome::kReplayed) << "after a restart too";
  EXPECT_TRUE(is_active(later.access)) << "who signed in after it is not hit again";
  EXPECT_EQ(authority_->counters().requests_replayed.value(), 1U);
}

TEST_F(RequestIntakeTest, AnIdThatAnotherRequestHadIsARepetition) {
  RequestToSign first = request(), second = request(R"({"claim":"sub","value":"w"})");
  second.jti = first.jti;
  EXPECT_EQ(take(first), RequestOutcome::kCommitted);
  EXPECT_EQ(take(second), RequestOutcome::kReplayed);
}

TEST_F(RequestIntakeTest, ForgedOnesChangeNothing) {
  const jwt::SigningKey other = *jwt::SigningKey::generate(jwt::Algorithm::kEdDsa);
  refuses(sign_request(request(), other), "another key");
  refuses(sign_request(request(), readers_key_), "another client's key");
  std::string damaged = sign_request(request(), key_);
  damaged[damaged.size() - 5] = damaged[damaged.size() - 5] == 'A' ? 'B' : 'A';
  refuses(damaged, "a damaged signature");
  RequestToSign of_reader = request();
  of_reader.client = "reader";
  refuses(sign_request(of_reader, readers_key_), "a client that may not revoke");
  RequestToSign unknown = request();
  unknown.client = "nobody";
  refuses(unknown, "no such client");
  RequestToSign without_key = request();
  without_key.client = "security";
  refuses(without_key, "a client without a request key");
  for (const char* text : {"", "x", "a.b.c", "{}"}) refuses(text, "no JWS");
  refuses(jwt::sign_compact(key_, "JWT", R"({"iss":"service"})"), "another type");
  refuses(jwt::sign_compact(key_, kRequestType, "[]"), "no object");
  EXPECT_EQ(authority_->counters().requests_refused.value(), 12U);
}

TEST_F(RequestIntakeTest, HasToBeForThisAuthorityAndNow) {
  RequestToSign elsewhere = request();
  elsewhere.issuer = "https://other.example";
  refuses(elsewhere, "another authority");
  RequestToSign expired = request();
  expired.issued_at = now() - 600;
  expired.expires_at = now();
  refuses(expired, "expired");
  expired.expires_at = now() + 1;
  EXPECT_EQ(take(expired), RequestOutcome::kCommitted) << "its last second";
  RequestToSign ahead = request();
  ahead.issued_at = now() + kRequestLeeway.count();
  ahead.expires_at = ahead.issued_at + 10;
  EXPECT_EQ(take(ahead), RequestOutcome::kCommitted) << "within the leeway";
  ++ahead.issued_at;
  ahead.jti = "ahead";
  refuses(ahead, "made in the future");
  RequestToSign lasting = request();
  lasting.expires_at = lasting.issued_at + kLongestRequest.count();
  EXPECT_EQ(take(lasting), RequestOutcome::kCommitted) << "the limit";
  lasting.jti = "lasting";
  ++lasting.expires_at;
  refuses(lasting, "one past it");
}

TEST_F(RequestIntakeTest, HasItsLimits) {
  // So many orders with the longest note, and one with a note of so many bytes.
  const auto of_size = [this](std::size_t full, std::size_t last) {
    std::string body = R"({"revocations":[)";
    for (std::size_t i = 0; i <= full; ++i) {
      body += (i == 0 ? "" : ",") + std::string(R"({"claim":"sub","value":"u","note":")") +
              std::string(i == full ? last : kMaxNoteBytes, 'x') + "\"}";
    }
    RequestToSign sized = request(body + "]}");
    sized.jti = "sized";
    return sign_request(sized, key_);
  };
  std::size_t full = 0;
  while (of_size(full + 1, 1).size() <= kMaxRequestBytes) ++full;
  std::size_t last = 1;
  while (of_size(full, last + 1).size() <= kMaxRequestBytes) ++last;
  ASSERT_LE(last, kMaxNoteBytes);
  EXPECT_GE(of_size(full, last).size(), kMaxRequestBytes - 1);
  EXPECT_EQ(take(of_size(full, last)), RequestOutcome::kCommitted) << "at the limit";
  refuses(of_size(full, last + 1), "one past it");
  std::string many = R"({"revocations":[)";
  for (std::size_t i = 0; i <= kMaxOrders; ++i) {
    many += (i == 0 ? "" : ",") + std::string(R"({"claim":"sub","value":"u"})");
  }
  refuses(request(many + "]}"), "more than a request may carry");
}

TEST_F(RequestIntakeTest, ShowsNoTokenAndAsksForNothingThatTheApiWouldRefuse) {
  const Tokens user = open_session("u");
  refuses(request(R"({"token":")" + user.refresh + "\"}"), "a refresh token on a broker");
  refuses(request(R"({"token":")" + user.access + "\"}"), "an access token on a broker");
  refuses(request(R"({"claim":"colour","value":"red"})"), "no such claim");
  refuses(request(R"({"claim":"sub","value":"u","cut":"9999999999999.1"})"), "a cut ahead");
  refuses(request(R"({"claim":"sub","value":"u","more":1})"), "a member that nobody knows");
  refuses(request(R"([])"), "no object");
  EXPECT_TRUE(is_active(user.access));
}

TEST_F(RequestIntakeTest, IsTriedAgainWhereTheStoreCannotBeWritten) {
  const std::string jws = sign_request(request(), key_);
  fail_commits(1);
  EXPECT_EQ(take(jws), RequestOutcome::kTryAgain);
  EXPECT_EQ(take(jws), RequestOutcome::kCommitted);
}

TEST_F(RequestIntakeTest, AKeyThatIsNoneIsAnErrorOfTheConfiguration) {
  stop();
  Options wrong = options;
  wrong.clients.back().request_key = "{}";
  EXPECT_FALSE(Clients::make(wrong));
}

}  // namespace
}  // namespace rescind::authority

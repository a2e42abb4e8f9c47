#include "transport/poll_server.h"

#include <gtest/gtest.h>

#include "transport/feed_server_testing.h"
#include "transport/limits.h"
#include "transport/poll_messages.h"

namespace rescind::transport {
namespace {

std::string target(std::uint64_t after, std::string_view wait) {
  return "/v1/feed?after=" + revocation::to_string(at(after)) + "&wait=" + std::string(wait);
}

std::string body_of(const std::string& answer) {
  return answer.substr(std::min(answer.size(), answer.find("\r\n\r\n") + 4));
}

TEST(PollServer, AnswersAtOnceWithWhatThereIs) {
  TestServer server;
  for (std::uint64_t number = 1; number <= 3; ++number) server.publish(sealed(number));
  const std::string answer = FeedClient(server.port()).ask(target(1, "60s"));
  EXPECT_NE(answer.find("Content-Type: application/json\r\n"), std::string::npos);
  EXPECT_EQ(body_of(answer), R"({"batches":["jws-2.","jws-3."]})");
}

TEST(PollServer, AnswersAllWhoWaitWithTheNextBatch) {
  TestServer server;
  server.publish(sealed(1));
  std::vector<FeedClient> clients;
  for (int i = 0; i < 20; ++i) {
    clients.emplace_back(server.port());
    clients.back().get(target(1, "60s"), "Connection: close\r\n");
  }
  ASSERT_TRUE(server.wait_for(0, 20));
  server.publish(sealed(2));
  for (FeedClient& client : clients) {
    EXPECT_EQ(body_of(client.read_all()), R"({"batches":["jws-2."]})");
  }
  EXPECT_TRUE(server.wait_for(0, 0));
  EXPECT_EQ(server.counters().log_reads, 0U);
}

TEST(PollServer, AnswersWithAHeartbeatWhenTheWaitIsOver) {
  FeedServer::Options options;
  options.heartbeat = []() -> Result<std::string> { return "pulse"; };
  TestServer server(options);
  server.publish(sealed(1));
  for (const std::string_view wait : {"0s", "20ms"}) {
    const std::string answer = FeedClient(server.port()).ask(target(1, wait));
    EXPECT_EQ(body_of(answer), R"({"batches":[],"heartbeat":"pulse"})");
  }
}

TEST(PollServer, TellsTheHeadToWhoAsksForNothingElse) {
  TestServer server;
  EXPECT_EQ(body_of(FeedClient(server.port()).ask("/v1/feed?wait=60s")), R"({"batches":[]})");
  server.publish_heartbeat("published");
  EXPECT_EQ(body_of(FeedClient(server.port()).ask("/v1/feed", "Accept: application/json\r\n")),
            R"({"batches":[],"heartbeat":"published"})");
}

TEST(PollServer, SendsTheHeartbeatAlongThatCameAfterTheNewestBatch) {
  TestServer server;
  server.publish(sealed(1));
  server.publish_heartbeat("pulse");
  const std::string first = "/v1/feed?after=0.0&wait=0s";
  EXPECT_EQ(body_of(FeedClient(server.port()).ask(first)),
            R"({"batches":["jws-1."],"heartbeat":"pulse"})");
  server.publish(sealed(2));
  EXPECT_EQ(body_of(FeedClient(server.port()).ask(first)), R"({"batches":["jws-1.","jws-2."]})");
}

TEST(PollServer, BoundsAnAnswerByBytesAndGoesOnFromThere) {
  TestServer server;
  const std::size_t size = feed::kMaxBatchBytes;
  for (std::uint64_t number = 1; number <= 3; ++number) server.log().append(sealed(number, size));
  Position after{};
  for (std::uint64_t number = 1; number <= 3; ++number) {
    const std::string answer =
        FeedClient(server.port()).ask("/v1/feed?wait=1s&after=" + revocation::to_string(after));
    const Result<PollAnswer> parsed = parse_poll_answer(body_of(answer));
    ASSERT_TRUE(parsed);
    ASSERT_EQ(parsed->batches.size(), 1U) << "one batch of the largest size is more than a chunk";
    EXPECT_EQ(parsed->batches[0], sealed(number, size).jws);
    after = at(number);
  }
}

TEST(PollMessages, ReadsBackWhatItWrites) {
  const std::string_view batches[] = {"a.b.c", "d.e.f"};
  const Result<PollAnswer> answer = parse_poll_answer(encode_poll_answer(batches, "h.h.h"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->batches, (std::vector<std::string>{"a.b.c", "d.e.f"}));
  EXPECT_EQ(answer->heartbeat, "h.h.h");

  feed::Report report{.follower = "gw \"1\"", .applied = {1, 2}, .policy = "accept 30s"};
  report.hash.fill(0xAB);
  report.proof = "p.p.p";
  const Result<feed::Report> read = parse_report(encode_report(report));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->follower, report.follower);
  EXPECT_EQ(read->applied, report.applied);
  EXPECT_EQ(read->hash, report.hash);
  EXPECT_EQ(read->policy, report.policy);
  EXPECT_EQ(read->proof, report.proof);
  EXPECT_EQ(read->road, "");
  EXPECT_EQ(read->age, std::nullopt);

  report.road = "poll+https";
  report.age = std::chrono::microseconds(1234);
  report.policy.clear();
  const Result<feed::Report> again = parse_report(encode_report(report));
  ASSERT_TRUE(again) << "a follower without a policy";
  EXPECT_EQ(again->road, report.road);
  EXPECT_EQ(again->age, report.age);
  EXPECT_EQ(again->policy, "");
}

TEST(PollMessages, HasRoomForTheLargestProof) {
  // Every other member at its limit, too, in characters that JSON writes as six.
  feed::Report report{.follower = std::string(kMaxFollowerNameBytes, '\x01'),
                      .applied = {UINT64_MAX, UINT64_MAX},
                      .policy = std::string(kMaxFollowerNameBytes, '\x01'),
                      .road = std::string(kMaxRoadBytes, '\x01'),
                      .age = kMaxAge,
                      .proof = std::string(feed::kMaxManifestBytes, 'A')};
  const std::string text = encode_report(report);
  EXPECT_LE(text.size(), kMaxReportBytes);
  const Result<feed::Report> read = parse_report(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->proof->size(), feed::kMaxManifestBytes);
  report.proof->push_back('A');
  EXPECT_FALSE(parse_report(encode_report(report)));
  EXPECT_FALSE(parse_report(std::string(kMaxReportBytes, ' ')));
  EXPECT_EQ(parse_report(std::string(kMaxReportBytes + 1, ' ')).error().code, ErrorCode::kTooLarge);
}

TEST(PollMessages, RefusesAnAnswerThatIsNotOfItsForm) {
  for (const std::string_view text :
       {"", "[]", "{}", R"({"batches":{}})", R"({"batches":[1]})",
        R"({"batches":[],"heartbeat":1})", R"({"batches":[],"batches":[]})", "<html>"}) {
    const Result<PollAnswer> answer = parse_poll_answer(text);
    ASSERT_FALSE(answer) << text;
    EXPECT_EQ(answer.error().code, ErrorCode::kCorrupt);
  }
}

TEST(PollMessages, RefusesAReceiptThatIsNotOfItsForm) {
  const std::string hash(64, 'a');
  const auto report = [](std::string_view follower, std::string_view position,
                         std::string_view digest, std::string_view rest) {
    return R"({"follower":")" + std::string(follower) + R"(","position":")" +
           std::string(position) + R"(","hash":")" + std::string(digest) + "\"," +
           std::string(rest) + "}";
  };
  const std::string long_name(kMaxFollowerNameBytes, 'n');
  ASSERT_TRUE(parse_report(report(long_name, "1.2", hash, R"("policy":"refuse")")));
  EXPECT_FALSE(parse_report(report(long_name + "n", "1.2", hash, R"("policy":"refuse")")));
  EXPECT_FALSE(parse_report(report("", "1.2", hash, R"("policy":"refuse")")));
  EXPECT_FALSE(parse_report(report("n", "1", hash, R"("policy":"refuse")")));
  EXPECT_FALSE(parse_report(report("n", "1.2", hash.substr(2), R"("policy":"refuse")")));
  EXPECT_FALSE(parse_report(report("n", "1.2", hash + "aa", R"("policy":"refuse")")));
  EXPECT_FALSE(parse_report(report("n", "1.2", hash, R"("policy":1)")));
  EXPECT_TRUE(parse_report(report("n", "1.2", hash, R"("policy":"")")));
  EXPECT_TRUE(parse_report(report("n", "1.2", hash, R"("more":1)")));
  EXPECT_TRUE(parse_report(report("n", "1.2", hash, R"("road":"https","age_us":0)")));
  EXPECT_FALSE(parse_report(report("n", "1.2", hash, R"("road":1)")));
  EXPECT_FALSE(parse_report(report("n", "1.2", hash, R"("road":"seventeen-letters")")));
  EXPECT_FALSE(parse_report(report("n", "1.2", hash, R"("age_us":-1)")));
  EXPECT_FALSE(parse_report(report("n", "1.2", hash, R"("age_us":"1")")));
  EXPECT_FALSE(parse_report(report("n", "1.2", hash, R"("age_us":31536000000001)")));
  EXPECT_FALSE(parse_report(report("n", "1.2", hash, R"("policy":"refuse","proof":"")")));
  EXPECT_FALSE(parse_report("[]"));
}

TEST(PollMessages, ReadsAWait) {
  EXPECT_EQ(parse_wait("25s"), Milliseconds(25'000));
  EXPECT_EQ(parse_wait("500ms"), Milliseconds(500));
  EXPECT_EQ(parse_wait("60s"), kMaxPollWait);
  EXPECT_EQ(parse_wait("61s"), kMaxPollWait);
  for (const std::string_view text :
       {"", "s", "5", "5m", "-5s", "+5s", " 5s", "5s ", "99999999999s"}) {
    EXPECT_EQ(parse_wait(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace rescind::transport

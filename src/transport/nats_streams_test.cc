// What lies in a feed's streams at a real nats-server, and what they have to be.

#include <gtest/gtest.h>

#include "transport/broker_snapshot.h"
#include "transport/nats_tail.h"
#include "transport/nats_under_test.h"

namespace rescind::transport {
namespace {

// --- Requests ------------------------------------------------------------------------------------

TEST_F(NatsTest, AStreamForRequestsHasToBeThereAndToKeepThem) {
  const NatsAccess access = feed->access().requests();
  const auto expect_refused = [](const Result<void>& result, const std::string& mended_by) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kInvalid);
    EXPECT_NE(result.error().message.find(mended_by), std::string::npos) << result.error().message;
  };
  NatsRequests topic(access);
  expect_refused(topic.open({}), "stream add " + stream + "_requests --subjects='");
  expect_refused(topic.check(100), "--max-age=7200s");
  EXPECT_FALSE(topic.read(Milliseconds(10), 100)) << "not opened";
  server->create_stream(access.stream(), access.subject);
  expect_refused(topic.check(100), "stream edit " + stream + "_requests --max-age=7200s");
  EXPECT_TRUE(topic.open({})) << "it is read all the same";
  server->remove_stream(access.stream());
  server->create_stream(access.stream(), access.subject, {{"max_age", "7200000000000"}});
  const auto checked = topic.check(100);
  EXPECT_TRUE(checked) << checked.error().message;
  EXPECT_FALSE(topic.check(std::size_t{13} << 20U)) << "more than the server takes";
  server->remove_stream(access.stream());
}

TEST_F(NatsTest, ATailEndsWhereItsStreamIsMadeAgain) {
  auto client = *NatsClient::connect(feed->access());
  const auto seen = client->stream(stream);
  ASSERT_TRUE(seen) << seen.error().message;
  const auto tail =
      NatsTail::start(std::move(client), stream, feed->access().subject, *seen, seen->last + 1);
  ASSERT_TRUE(tail) << tail.error().message;
  ASSERT_TRUE(feed->put("a"));
  std::string heard;
  const auto take = [&](const NatsMessage& message) {
    heard += message.data;
    return true;
  };
  for (int i = 0; i < 100 && heard.empty(); ++i) {
    ASSERT_TRUE((*tail)->read(Milliseconds(100), take));
  }
  EXPECT_EQ(heard, "a");
  feed->make_again();
  Result<void> read;
  for (int i = 0; i < 100 && read; ++i) read = (*tail)->read(Milliseconds(100), take);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kGone) << read.error().message;
}

// --- Snapshots -----------------------------------------------------------------------------------

// Its largest segment has three chunks, no two of them equal.
feed::Snapshot snapshot_of(char c) {
  std::string large(std::size_t{2} << 20U, c);
  large.front() = '1';
  large.back() = '3';
  return {.manifest = std::string("manifest ") + c,
          .segments = {std::move(large), std::string(1, c), ""}};
}

class NatsSnapshot : public NatsTest {
 protected:
  void SetUp() override {
    NatsTest::SetUp();
    if (feed == nullptr) return;
    transport = feed->transport();
    reader = feed->reader()();
    ASSERT_TRUE(transport->keeps_snapshots());
  }
  void put(char c) {
    const auto put = transport->publish_snapshot(snapshot_of(c));
    ASSERT_TRUE(put) << put.error().message;
  }
  void expect(char c) {
    const auto got = reader->snapshot();
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->manifest, snapshot_of(c).manifest);
    EXPECT_TRUE(got->segments == snapshot_of(c).segments);
  }
  void expect_none() {
    const auto got = reader->snapshot();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, ErrorCode::kNotFound) << got.error().message;
  }
  std::int64_t kept() {
    const std::string info = server->ask("STREAM.INFO." + snapshots);
    const std::size_t at = info.find("\"messages\":");
    return at == std::string::npos ? -1 : std::stol(info.substr(at + 11));
  }
  void remove(std::int64_t number) {
    server->ask("STREAM.MSG.DELETE." + snapshots, "{\"seq\":" + std::to_string(number) + "}");
  }

  std::unique_ptr<feed::Transport> transport;
  std::unique_ptr<BrokerReader> reader;
};

// One is five messages: the manifest, three chunks and the small one; then the index.
constexpr std::int64_t kMessages = 6;

TEST_F(NatsSnapshot, IsReplacedWholeAndTheOneBeforeIsKept) {
  expect_none();
  put('a');
  expect('a');
  EXPECT_EQ(kept(), kMessages);
  put('b');
  expect('b');
  EXPECT_EQ(kept(), 2 * kMessages);
  for (const char c : {'c', 'd', 'e'}) put(c);
  expect('e');
  EXPECT_EQ(kept(), 2 * kMessages);
}

TEST_F(NatsSnapshot, ThatIsTornOrHalfGoneIsNotBelieved) {
  put('a');
  put('b');
  ASSERT_TRUE(server->put(feed->access().chunk_subject(), "the publisher ended here"));
  expect('b');
  remove(kMessages + 3);  // of the newer one
  expect('a');
  remove(2);
  expect_none();
}

TEST_F(NatsSnapshot, IndexesThatAreNoneAreSteppedOver) {
  put('a');
  const std::string index = feed->access().index_subject();
  ASSERT_TRUE(server->put(index, ""));
  ASSERT_TRUE(server->put(index, "hello"));
  // One whose chunks would come after it, and one of chunks that nobody has.
  SnapshotIndex strange = *index_of(snapshot_of('x'));
  strange.first_offset = 1000;
  ASSERT_TRUE(server->put(index, encode(strange)));
  strange.first_offset = 0;
  ASSERT_TRUE(server->put(index, encode(strange)));
  expect('a');
}

TEST_F(NatsSnapshot, ItsStreamMayBeMissing) {
  server->remove_stream(snapshots);
  const auto without = feed->transport();
  EXPECT_FALSE(without->keeps_snapshots());
  EXPECT_TRUE(without->publish_heartbeat(authority.heartbeat()));
  expect_none();
}

// --- What a stream and a server have to be -------------------------------------------------------

class NatsSettings : public NatsTest {
 protected:
  // Refused at the start, in words that say what mends it.
  void expect_refused(const NatsServer::Settings& settings, const std::string& mended_by) {
    server->remove_stream(stream);
    server->create_stream(stream, feed->access().subject, settings);
    const auto opened = open(feed->access());
    ASSERT_FALSE(opened) << mended_by;
    EXPECT_EQ(opened.error().code, ErrorCode::kInvalid);
    EXPECT_NE(opened.error().message.find(mended_by), std::string::npos) << opened.error().message;
    EXPECT_NE(opened.error().message.find(stream), std::string::npos) << opened.error().message;
  }
};

TEST_F(NatsSettings, StreamsThatAreNotFitAreRefusedWithTheCommandThatMendsThem) {
  expect_refused({{"max_age", "3599000000000"}}, "--max-age=3600s --force");
  expect_refused({{"storage", "\"memory\""}}, "stream rm");
  expect_refused({{"retention", "\"workqueue\""}}, "stream rm");
  expect_refused({{"retention", "\"interest\""}}, "stream rm");
  expect_refused({{"discard", "\"new\""}}, "--discard=old --force");
  expect_refused({{"max_msgs", "100000"}}, "--max-msgs=-1 --force");
  expect_refused({{"max_msgs_per_subject", "100000"}}, "--max-msgs-per-subject=-1 --force");
  expect_refused({{"max_bytes", "1000000"}}, "--max-bytes=-1 --force");
  expect_refused({{"max_msg_size", "100000"}}, "--max-msg-size=-1 --force");
  expect_refused({{"no_ack", "true"}}, "--ack --force");
  expect_refused({{"subjects", R"(["other.)" + stream + R"("])"}}, "--subjects='rescind.test-");
  server->remove_stream(stream);
  server->create_stream(stream, feed->access().subject, {{"max_age", "0"}});
  EXPECT_TRUE(open(feed->access())) << "for ever is long enough";
}

TEST_F(NatsSettings, TheStreamOfSnapshotsHasToBeFitToo) {
  server->remove_stream(snapshots);
  server->create_stream(snapshots, feed->access().snapshot_subjects(),
                        {{"max_msg_size", "899999"}});
  const auto opened = open(feed->access());
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find(snapshots + " --max-msg-size=-1"), std::string::npos)
      << opened.error().message;
}

TEST_F(NatsSettings, AStreamThatDoesNotExistIsNotMade) {
  NatsAccess access = feed->access();
  access.subject += ".other";
  const auto opened = open(access);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kInvalid);
  EXPECT_NE(opened.error().message.find(add_command(access, feed_need(access))), std::string::npos)
      << opened.error().message;
  EXPECT_EQ(NatsReader(access).open({}).error().code, ErrorCode::kNotFound);
}

TEST_F(NatsSettings, AServerThatTakesNoLargeMessagesIsRefused) {
  const auto small = NatsServer::start("max_payload: 500KB");
  ASSERT_TRUE(small) << small.error().message;
  (*small)->create("rescind.default");
  const auto opened = open((*small)->access("rescind.default"));
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("max_payload: 1MB"), std::string::npos)
      << opened.error().message;
}

}  // namespace
}  // namespace rescind::transport

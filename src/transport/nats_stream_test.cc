#include "transport/nats_stream.h"

#include <gtest/gtest.h>

#include "feed/batch.h"
#include "transport/broker_snapshot.h"

namespace rescind::transport {
namespace {

NatsAccess access() {
  NatsAccess of;
  of.hosts = {"h:4222", "g:4222"};
  of.subject = "rescind.eu";
  of.retention = Milliseconds(3'600'000);
  return of;
}
NatsStream fit() {
  NatsStream stream;
  stream.subjects = {"rescind.eu"};
  stream.max_age = Milliseconds(3'600'000);
  return stream;
}
std::string refused(const NatsStream& stream) {
  const auto checked = check_nats_stream(access(), feed_need(access()), stream);
  EXPECT_FALSE(checked);
  if (checked) return "";
  EXPECT_EQ(checked.error().code, ErrorCode::kInvalid);
  return checked.error().message;
}
void expect_says(const std::string& message, std::string_view part) {
  EXPECT_NE(message.find(part), std::string::npos) << message;
}

TEST(NatsStream, CommandsMakeWhatIsFit) {
  EXPECT_EQ(add_command(access(), feed_need(access())),
            "nats --server nats://h:4222 stream add rescind_eu --subjects='rescind.eu' "
            "--storage=file --retention=limits --discard=old --max-age=3600s --defaults");
  EXPECT_EQ(add_command(access(), snapshot_need(access())),
            "nats --server nats://h:4222 stream add rescind_eu_snapshot "
            "--subjects='rescind.eu.snapshot.*' --storage=file --retention=limits --discard=old "
            "--max-age=3600s --defaults");
}

TEST(NatsStream, IsFitAtItsLimits) {
  EXPECT_TRUE(check_nats_stream(access(), feed_need(access()), fit()));
  NatsStream stream = fit();
  stream.max_age = Milliseconds(0);  // for ever
  stream.max_bytes = 16 * static_cast<std::int64_t>(feed::kMaxBatchBytes);
  stream.max_message_bytes = static_cast<std::int64_t>(feed::kMaxBatchBytes);
  stream.max_messages = 0;
  EXPECT_TRUE(check_nats_stream(access(), feed_need(access()), stream));
}

TEST(NatsStream, OnePastALimitItIsRefusedWithWhatMendsIt) {
  NatsStream stream = fit();
  stream.max_age -= Milliseconds(1);
  expect_says(refused(stream),
              "keeps messages for 3599999 ms, less than 3600000; mend it by: nats --server "
              "nats://h:4222 stream edit rescind_eu --max-age=3600s --force");
  stream = fit();
  stream.max_bytes = 16 * static_cast<std::int64_t>(feed::kMaxBatchBytes) - 1;
  expect_says(refused(stream), "--max-bytes=-1 --force");
  stream = fit();
  stream.max_message_bytes = static_cast<std::int64_t>(feed::kMaxBatchBytes) - 1;
  expect_says(refused(stream), "--max-msg-size=-1 --force");
  stream = fit();
  stream.max_messages = 1'000'000'000;
  expect_says(refused(stream), "--max-msgs=-1 --force");
  stream = fit();
  stream.max_messages_of_a_subject = 1;
  expect_says(refused(stream), "--max-msgs-per-subject=-1 --force");
}

TEST(NatsStream, WhatWouldBreakAFeedIsRefused) {
  NatsStream stream = fit();
  stream.subjects = {"rescind.eu", "other"};
  expect_says(refused(stream), "edit rescind_eu --subjects='rescind.eu' --force");
  stream.subjects = {};
  expect_says(refused(stream), "other subjects");
  stream = fit();
  stream.discards_old = false;
  expect_says(refused(stream), "--discard=old --force");
  stream = fit();
  stream.confirms = false;
  expect_says(refused(stream), "--ack --force");
  for (bool NatsStream::* member : {&NatsStream::keeps_by_limits, &NatsStream::on_disk}) {
    stream = fit();
    stream.*member = false;
    expect_says(refused(stream),
                "stream rm rescind_eu --force && nats --server nats://h:4222 "
                "stream add rescind_eu --subjects");
  }
  stream = fit();
  stream.sealed = true;
  expect_says(refused(stream), "is sealed");
}

TEST(NatsStream, AServerTakesTheLargestMessages) {
  const auto words = static_cast<std::int64_t>(feed::kMaxBatchBytes);
  EXPECT_TRUE(check_nats_payload(feed_need(access()), words));
  const auto small = check_nats_payload(feed_need(access()), words - 1);
  ASSERT_FALSE(small);
  expect_says(small.error().message, "max_payload: 1MB");
  EXPECT_TRUE(check_nats_payload(snapshot_need(access()), std::int64_t{1} << 20U));
  EXPECT_FALSE(check_nats_payload(snapshot_need(access()),
                                  static_cast<std::int64_t>(kBrokerChunkBytes) - 1));
}

}  // namespace
}  // namespace rescind::transport

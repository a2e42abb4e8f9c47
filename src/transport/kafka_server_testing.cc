#include "transport/kafka_server_testing.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "base/check.h"

namespace rescind::transport {
namespace {

constexpr int kAdminWaitMs = 20'000;
constexpr std::chrono::seconds kStartWithin{90};  // the first time, its jars are fetched

struct Deleter {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
  void operator()(rd_kafka_DeleteTopic_t* topic) const { rd_kafka_DeleteTopic_destroy(topic); }
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
  void operator()(rd_kafka_DeleteRecords_t* what) const { rd_kafka_DeleteRecords_destroy(what); }
};
template <typename T>
using Owned = std::unique_ptr<T, Deleter>;

void expect_answer(rd_kafka_queue_t* queue, const char* what) {
  const Owned<rd_kafka_event_t> event(rd_kafka_queue_poll(queue, kAdminWaitMs));
  CHECK(event != nullptr);
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    std::fprintf(stderr, "kafka: %s: %s\n", what, rd_kafka_event_error_string(event.get()));
  }
}

}  // namespace

Result<KafkaServer*> KafkaServer::get() {
  static std::unique_ptr<KafkaServer> server;
  static Result<void> started = [] {
    server.reset(new KafkaServer);
    auto result = server->start();
    if (!result) std::fprintf(stderr, "not run: %s\n", result.error().message.c_str());
    return result;
  }();
  if (!started) return std::unexpected(started.error());
  return server.get();
}

Result<void> KafkaServer::start() {
  process_.start({RESCIND_SOURCE_DIR "/tools/kafka.sh", "run", process_.folder()});
  const bool serves = eventually(
      [&] {
        if (process_.ended()) return true;
        if (!(std::ifstream(process_.folder() + "/port") >> port_)) return false;
        client_.reset();
        return end_of("__cluster_metadata_is_none") == -1;
      },
      kStartWithin);
  if (serves && !process_.ended()) return {};
  process_.stop();
  return fail(ErrorCode::kUnavailable, "no Kafka here: " + process_.said());
}

void KafkaServer::restart() {
  process_.stop();
  const auto started = start();
  CHECK(started.has_value());
}

std::string KafkaServer::url(const std::string& topic) const {
  return "kafka://127.0.0.1:" + port_ + "/" + topic;
}
KafkaAccess KafkaServer::access(const std::string& topic) const {
  FeedAccess access;
  access.url = url(topic);
  return *KafkaAccess::parse(access);
}

KafkaClient& KafkaServer::client() {
  if (client_ == nullptr) {
    KafkaAccess anything = access("any");
    anything.options.emplace_back("message.max.bytes", Secret("20000000"));
    auto opened = KafkaClient::open(anything, KafkaClient::End::kSending, log_);
    CHECK(opened.has_value());
    client_ = *std::move(opened);
  }
  return *client_;
}

void KafkaServer::create(const std::string& topic, int partitions, const Settings& settings) {
  const Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(client().get()));
  const Owned<rd_kafka_NewTopic_t> made(
      rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, nullptr, 0));
  for (const auto& [name, value] : settings) {
    rd_kafka_NewTopic_set_config(made.get(), name.c_str(), value.c_str());
  }
  rd_kafka_NewTopic_t* asked[] = {made.get()};
  rd_kafka_CreateTopics(client().get(), asked, 1, nullptr, queue.get());
  expect_answer(queue.get(), "creating a topic");
  CHECK(eventually([&] { return end_of(topic) == 0; }, std::chrono::seconds(20)));
}

void KafkaServer::remove(const std::string& topic) {
  const Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(client().get()));
  const Owned<rd_kafka_DeleteTopic_t> what(rd_kafka_DeleteTopic_new(topic.c_str()));
  rd_kafka_DeleteTopic_t* asked[] = {what.get()};
  rd_kafka_DeleteTopics(client().get(), asked, 1, nullptr, queue.get());
  expect_answer(queue.get(), "deleting a topic");
}

void KafkaServer::forget(const std::string& topic) {
  const Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(client().get()));
  const Owned<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), 0)->offset = RD_KAFKA_OFFSET_END;
  const Owned<rd_kafka_DeleteRecords_t> what(rd_kafka_DeleteRecords_new(list.get()));
  rd_kafka_DeleteRecords_t* asked[] = {what.get()};
  rd_kafka_DeleteRecords(client().get(), asked, 1, nullptr, queue.get());
  expect_answer(queue.get(), "deleting records");
}

// -1: there is no such topic; -2: the broker is not there.
std::int64_t KafkaServer::end_of(const std::string& topic) {
  const auto there = client().partitions(topic);
  if (!there) return there.error().code == ErrorCode::kNotFound ? -1 : -2;
  std::int64_t first = 0;
  std::int64_t end = 0;
  const auto error = rd_kafka_query_watermark_offsets(client().get(), topic.c_str(), 0, &first,
                                                      &end, kAdminWaitMs);
  return error == RD_KAFKA_RESP_ERR_NO_ERROR ? end : -2;
}

bool KafkaServer::put(const std::string& topic, std::string_view value) {
  KafkaDelivery delivery;
  const auto error =
      rd_kafka_producev(client().get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(0),
                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                        RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                        RD_KAFKA_V_OPAQUE(&delivery), RD_KAFKA_V_END);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  while (!delivery.done) client().serve(Milliseconds(100));
  return delivery.error == 0;
}

}  // namespace rescind::transport

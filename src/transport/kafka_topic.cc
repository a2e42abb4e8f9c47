#include "transport/kafka_topic.h"

#include <librdkafka/rdkafka.h>

#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "feed/batch.h"
#include "transport/broker_snapshot.h"

namespace rescind::transport {
namespace {

using Settings = std::map<std::string, std::string>;

// Around a message's value: its record, its headers.
constexpr std::size_t kFrameBytes = std::size_t{8} << 10U;
// A broker's own limit where its operator has set none.
constexpr std::size_t kUsualMaxMessageBytes = 1'048'588;

struct Wanted {
  std::string topic;
  Milliseconds retention;
  std::size_t message_bytes;
};

std::string command(const KafkaAccess& access, const char* tool, const std::string& rest) {
  return std::string(tool) + " --bootstrap-server " + access.brokers + " " + rest;
}
std::string create_command(const KafkaAccess& access, const Wanted& wanted) {
  return command(access, "kafka-topics.sh",
                 "--create --topic " + wanted.topic +
                     " --partitions 1 --config cleanup.policy=delete --config retention.ms=" +
                     std::to_string(wanted.retention.count()));
}
std::string alter_command(const KafkaAccess& access, const Wanted& wanted,
                          const std::string& setting) {
  return command(
      access, "kafka-configs.sh",
      "--alter --entity-type topics --entity-name " + wanted.topic + " --add-config " + setting);
}

std::unexpected<Error> refused(const Wanted& wanted, const std::string& why,
                               const std::string& command) {
  return fail(ErrorCode::kInvalid, "kafka topic '" + wanted.topic + "' " + why + ": " + command);
}

struct Deleter {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
  void operator()(rd_kafka_AdminOptions_t* options) const {
    rd_kafka_AdminOptions_destroy(options);
  }
  void operator()(rd_kafka_ConfigResource_t* resource) const {
    rd_kafka_ConfigResource_destroy(resource);
  }
};
template <typename T>
using Owned = std::unique_ptr<T, Deleter>;

// The one answer to a question for the settings of one topic.
Result<Settings> read_settings(KafkaClient& client, rd_kafka_event_t* event) {
  constexpr std::string_view kDoing = "reading a topic's settings";
  if (event == nullptr) {
    return std::unexpected(client.error_of(RD_KAFKA_RESP_ERR__TIMED_OUT, kDoing));
  }
  if (const auto error = rd_kafka_event_error(event)) {
    return std::unexpected(client.error_of(error, kDoing));
  }
  std::size_t count = 0;
  const auto* const result = rd_kafka_event_DescribeConfigs_result(event);
  const rd_kafka_ConfigResource_t** const resources =
      rd_kafka_DescribeConfigs_result_resources(result, &count);
  if (count != 1) return std::unexpected(client.error_of(RD_KAFKA_RESP_ERR__BAD_MSG, kDoing));
  if (const auto error = rd_kafka_ConfigResource_error(resources[0])) {
    return std::unexpected(client.error_of(error, kDoing));
  }
  const rd_kafka_ConfigEntry_t** const entries =
      rd_kafka_ConfigResource_configs(resources[0], &count);
  Settings settings;
  for (std::size_t i = 0; i < count; ++i) {
    const char* const value = rd_kafka_ConfigEntry_value(entries[i]);
    settings[rd_kafka_ConfigEntry_name(entries[i])] = value == nullptr ? "" : value;
  }
  return settings;
}

Result<Settings> settings_of(KafkaClient& client, const std::string& topic) {
  const int wait = static_cast<int>(client.answer_within().count());
  const Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(client.get()));
  const Owned<rd_kafka_AdminOptions_t> options(
      rd_kafka_AdminOptions_new(client.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), wait, nullptr, 0);
  const Owned<rd_kafka_ConfigResource_t> resource(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  rd_kafka_ConfigResource_t* asked[] = {resource.get()};
  rd_kafka_DescribeConfigs(client.get(), asked, 1, options.get(), queue.get());
  const Owned<rd_kafka_event_t> event(rd_kafka_queue_poll(queue.get(), wait + 1000));
  return read_settings(client, event.get());
}

std::optional<std::int64_t> number(const Settings& settings, const std::string& name) {
  const auto at = settings.find(name);
  if (at == settings.end()) return std::nullopt;
  std::int64_t value = 0;
  const char* const last = at->second.data() + at->second.size();
  const auto [end, error] = std::from_chars(at->second.data(), last, value);
  return error == std::errc() && end == last ? std::optional(value) : std::nullopt;
}

Result<void> check_settings(const KafkaAccess& access, const Wanted& wanted,
                            const Settings& settings) {
  const auto policy = settings.find("cleanup.policy");
  if (policy != settings.end() && policy->second != "delete") {
    return refused(wanted, "is compacted, which takes messages out of it; mend it by",
                   alter_command(access, wanted, "cleanup.policy=delete"));
  }
  const auto retention = number(settings, "retention.ms");
  if (retention && *retention >= 0 && *retention < wanted.retention.count()) {
    return refused(
        wanted,
        "keeps messages for " + std::to_string(*retention) + " ms, less than " +
            std::to_string(wanted.retention.count()) + "; mend it by",
        alter_command(access, wanted, "retention.ms=" + std::to_string(wanted.retention.count())));
  }
  const auto largest = number(settings, "max.message.bytes");
  if (largest && std::cmp_less(*largest, wanted.message_bytes)) {
    return refused(
        wanted,
        "takes no messages of " + std::to_string(wanted.message_bytes) + " bytes; mend it by",
        alter_command(access, wanted,
                      "max.message.bytes=" + std::to_string(kUsualMaxMessageBytes)));
  }
  return {};
}

Result<void> check(KafkaClient& client, const KafkaAccess& access, const Wanted& wanted) {
  TRY_ASSIGN(const int partitions, client.partitions(wanted.topic));
  if (partitions != 1) {
    return refused(wanted,
                   "has " + std::to_string(partitions) +
                       " partitions, and one is what is read; make it anew by",
                   command(access, "kafka-topics.sh", "--delete --topic " + wanted.topic) + " && " +
                       create_command(access, wanted));
  }
  const auto settings = settings_of(client, wanted.topic);
  if (settings) return check_settings(access, wanted, *settings);
  client.log().warning("kafka topic's settings are not known",
                       {{"topic", wanted.topic}, {"why", settings.error().message}});
  return {};
}

Wanted feed_topic(const KafkaAccess& access) {
  return {.topic = access.topic,
          .retention = access.retention,
          .message_bytes = feed::kMaxBatchBytes + kFrameBytes};
}
Wanted requests_topic(const KafkaAccess& access, std::size_t max_bytes) {
  return {.topic = access.topic,
          .retention = access.retention,
          .message_bytes = max_bytes + kFrameBytes};
}
Wanted snapshot_topic(const KafkaAccess& access) {
  return {.topic = access.snapshot_topic(),
          .retention = access.retention,
          .message_bytes = kBrokerChunkBytes + kFrameBytes};
}

// Of a topic without which nothing goes.
Result<void> check_needed(KafkaClient& client, const KafkaAccess& access, const Wanted& wanted) {
  auto checked = check(client, access, wanted);
  if (!checked && checked.error().code == ErrorCode::kNotFound) {
    return refused(wanted, "does not exist, and is not made by itself; make it by",
                   create_command(access, wanted));
  }
  return checked;
}

}  // namespace

std::vector<std::string> kafka_plan(const KafkaAccess& access) {
  return {create_command(access, feed_topic(access)),
          create_command(access, snapshot_topic(access))};
}

std::vector<std::string> kafka_requests_plan(const KafkaAccess& access) {
  return {create_command(access, requests_topic(access, 0))};
}

Result<void> check_feed_topic(KafkaClient& client, const KafkaAccess& access) {
  return check_needed(client, access, feed_topic(access));
}

Result<void> check_requests_topic(KafkaClient& client, const KafkaAccess& access,
                                  std::size_t max_bytes) {
  return check_needed(client, access, requests_topic(access, max_bytes));
}

Result<bool> check_snapshot_topic(KafkaClient& client, const KafkaAccess& access) {
  const Wanted wanted = snapshot_topic(access);
  auto checked = check(client, access, wanted);
  if (!checked && checked.error().code == ErrorCode::kNotFound) {
    client.log().warning("no topic for snapshots: who reaches nothing but Kafka cannot start",
                         {{"make it by", create_command(access, wanted)}});
    return false;
  }
  if (!checked) return std::unexpected(std::move(checked).error());
  return true;
}

}  // namespace rescind::transport

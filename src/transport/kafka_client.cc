#include "transport/kafka_client.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <span>
#include <utility>

namespace rescind::transport {
namespace {

using Setting = std::pair<const char*, const char*>;

constexpr std::array kOfBoth = {
    Setting{"client.id", "rescind"},
    // A topic that a broker makes by itself has the wrong settings.
    Setting{"allow.auto.create.topics", "false"},
    Setting{"socket.keepalive.enable", "true"},
    // Else a request waits for the acknowledgment of the one before, up to 40 ms.
    Setting{"socket.nagle.disable", "true"},
    Setting{"socket.timeout.ms", "10000"},
    Setting{"reconnect.backoff.ms", "50"},
    Setting{"reconnect.backoff.max.ms", "1000"},
    Setting{"topic.metadata.refresh.interval.ms", "30000"},
};
constexpr std::array kOfSending = {
    Setting{"enable.idempotence", "true"},
    Setting{"acks", "all"},
    Setting{"linger.ms", "0"},
    Setting{"message.timeout.ms", "5000"},
    Setting{"retry.backoff.ms", "50"},
};
constexpr std::array kOfReceiving = {
    // What is not there any more is our affair: the chain says what is missing, the origin has it.
    Setting{"auto.offset.reset", "error"},
    // Else anybody's unfinished transaction would hold back all that comes after it.
    Setting{"isolation.level", "read_uncommitted"},
    Setting{"fetch.min.bytes", "1"},
    // How long a fetch at the end waits, and so how long it takes to read elsewhere.
    Setting{"fetch.wait.max.ms", "100"},
    Setting{"fetch.error.backoff.ms", "50"},
    Setting{"queued.min.messages", "10000"},
    Setting{"queued.max.messages.kbytes", "16384"},
};

void on_delivery(rd_kafka_t* /*handle*/, const rd_kafka_message_t* message, void* /*client*/) {
  auto* const delivery = static_cast<KafkaDelivery*>(message->_private);
  if (delivery == nullptr) return;
  delivery->error = message->err;
  delivery->offset = message->offset;
  delivery->done = true;
}

void on_client_error(rd_kafka_t* /*handle*/, int code, const char* why, void* client) {
  static_cast<KafkaClient*>(client)->on_error(code, why);
}

struct ConfDeleter {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};
using Conf = std::unique_ptr<rd_kafka_conf_t, ConfDeleter>;

// Messages of librdkafka repeat values; a secret's must not be seen.
Result<void> set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> why{};
  const auto answer = rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size());
  if (answer == RD_KAFKA_CONF_OK) return {};
  return fail(ErrorCode::kInvalid,
              answer == RD_KAFKA_CONF_UNKNOWN
                  ? "kafka: there is no option '" + name + "'"
                  : "kafka: the option '" + name + "' does not take its value");
}

Result<void> set_all(rd_kafka_conf_t* conf, std::span<const Setting> settings) {
  for (const auto& [name, value] : settings) TRY(set(conf, name, value));
  return {};
}

Result<Conf> make_conf(const KafkaAccess& access, KafkaClient::End end) {
  Conf conf(rd_kafka_conf_new());
  TRY(set_all(conf.get(), kOfBoth));
  if (end == KafkaClient::End::kSending) {
    TRY(set_all(conf.get(), kOfSending));
    rd_kafka_conf_set_dr_msg_cb(conf.get(), on_delivery);
  } else {
    TRY(set_all(conf.get(), kOfReceiving));
  }
  TRY(set(conf.get(), "bootstrap.servers", access.brokers));
  for (const auto& [name, value] : access.options) {
    const bool of_sending = name.starts_with("message.");
    if (of_sending && end != KafkaClient::End::kSending) continue;
    TRY(set(conf.get(), name, std::string(value.expose())));
  }
  return conf;
}

// From librdkafka's own threads. Why a broker is not reached is said, once, by who tried.
void on_log(const rd_kafka_t* handle, int /*level*/, const char* where, const char* what) {
  const auto* const client = static_cast<const KafkaClient*>(rd_kafka_opaque(handle));
  if (client != nullptr) client->log().debug("kafka client", {{"where", where}, {"what", what}});
}

ErrorCode code_of(int code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      return ErrorCode::kNotFound;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return ErrorCode::kUnauthorized;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return ErrorCode::kTooLarge;
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
      return ErrorCode::kTimeout;
    default:
      return ErrorCode::kUnavailable;
  }
}

}  // namespace

Result<std::unique_ptr<KafkaClient>> KafkaClient::open(const KafkaAccess& access, End end,
                                                       Log& log) {
  TRY_ASSIGN(Conf conf, make_conf(access, end));
  std::unique_ptr<KafkaClient> client(new KafkaClient(access, log));
  rd_kafka_conf_set_opaque(conf.get(), client.get());
  rd_kafka_conf_set_log_cb(conf.get(), on_log);
  rd_kafka_conf_set_error_cb(conf.get(), on_client_error);
  std::array<char, 512> why{};
  client->handle_ = rd_kafka_new(end == End::kSending ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER,
                                 conf.get(), why.data(), why.size());
  if (client->handle_ == nullptr) {
    return fail(ErrorCode::kInvalid, "kafka: " + std::string(why.data()));
  }
  (void)conf.release();  // it is the handle's now
  return client;
}

KafkaClient::~KafkaClient() {
  for (const auto& [name, topic] : topics_) rd_kafka_topic_destroy(topic);
  if (handle_ != nullptr) rd_kafka_destroy(handle_);
}

rd_kafka_topic_s* KafkaClient::topic(const std::string& name) {
  const auto [at, is_new] = topics_.try_emplace(name, nullptr);
  if (is_new) at->second = rd_kafka_topic_new(handle_, name.c_str(), nullptr);
  return at->second;
}

void KafkaClient::serve(Milliseconds wait) {
  rd_kafka_poll(handle_, static_cast<int>(wait.count()));
}

void KafkaClient::on_error(int code, std::string_view why) {
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    unreachable_ = last_error_.empty() ? std::string(why) : last_error_;
  } else {
    last_error_ = why;
  }
}

Error KafkaClient::error_of(int code, std::string_view while_doing) const {
  std::string message = "kafka " + brokers_ + ": " + std::string(while_doing) + ": " +
                        rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(code));
  const ErrorCode kind = code_of(code);
  const bool not_reached = kind == ErrorCode::kTimeout || kind == ErrorCode::kUnavailable;
  if (not_reached && !last_error_.empty()) message += " (" + last_error_ + ")";
  return {kind, std::move(message)};
}

Result<int> KafkaClient::partitions(const std::string& name) {
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto asked = rd_kafka_metadata(handle_, 0, topic(name), &metadata,
                                       static_cast<int>(answer_within_.count()));
  serve(Milliseconds(0));  // hears why, where there was no answer
  if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return std::unexpected(error_of(asked, "asking for the topic '" + name + "'"));
  }
  const std::unique_ptr<const rd_kafka_metadata_t, decltype(&rd_kafka_metadata_destroy)> held(
      metadata, rd_kafka_metadata_destroy);
  if (metadata->topic_cnt != 1) {
    return std::unexpected(error_of(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, "topic '" + name + "'"));
  }
  const auto error = metadata->topics[0].err;
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return std::unexpected(error_of(error, "topic '" + name + "'"));
  }
  return metadata->topics[0].partition_cnt;
}

}  // namespace rescind::transport

#include "transport/kafka_transport.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <utility>

#include "transport/broker_snapshot.h"
#include "transport/kafka_headers.h"
#include "transport/kafka_topic.h"

namespace rescind::transport {
namespace {

constexpr Milliseconds kServe{100};
// Sent before the first of them is waited for.
constexpr std::size_t kSnapshotChunksAtOnce = 8;

bool of_the_topic(ErrorCode code) {
  return code == ErrorCode::kInvalid || code == ErrorCode::kUnauthorized;
}

rd_kafka_headers_t* make_headers(std::string_view jws) {
  const auto headers = cloud_event_headers(jws);
  rd_kafka_headers_t* const made = rd_kafka_headers_new(headers.size());
  for (const auto& [name, value] : headers) {
    rd_kafka_header_add(made, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  }
  return made;
}

}  // namespace

Result<std::unique_ptr<KafkaTransport>> KafkaTransport::open(KafkaAccess access, Log& log) {
  std::unique_ptr<KafkaTransport> transport(new KafkaTransport(std::move(access), log));
  if (auto ready = transport->be_ready(); !ready) {
    if (of_the_topic(ready.error().code)) return std::unexpected(std::move(ready).error());
    log.warning("kafka not reached yet", {{"why", ready.error().message}});
  }
  return transport;
}

// A client, and a topic that has been found fit since something last went wrong.
Result<void> KafkaTransport::be_ready() {
  if (client_ == nullptr) {
    TRY_ASSIGN(client_, KafkaClient::open(access_, KafkaClient::End::kSending, log_));
  }
  if (checked_) return {};
  TRY(check_feed_topic(*client_, access_));
  TRY_ASSIGN(keeps_snapshots_, check_snapshot_topic(*client_, access_));
  checked_ = true;
  return {};
}

// A fatal error is the end of an idempotent producer (its numbers are used up, or unknown to the
// broker): the next attempt makes a new one.
Error KafkaTransport::failed(int code) {
  Error error = client_->error_of(code, "publishing");
  checked_ = false;
  if (rd_kafka_fatal_error(client_->get(), nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    client_.reset();
  }
  return error;
}

int KafkaTransport::produce(const std::string& topic, const Message& message,
                            KafkaDelivery& delivery) {
  for (;;) {
    rd_kafka_headers_t* const headers = make_headers(message.is_word ? message.value : "");
    const auto error = rd_kafka_producev(
        client_->get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(0),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(message.key.data(), message.key.size()),
        RD_KAFKA_V_VALUE(const_cast<char*>(message.value.data()), message.value.size()),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(&delivery), RD_KAFKA_V_END);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return error;
    rd_kafka_headers_destroy(headers);  // they are the message's only where it was taken
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) return error;
    client_->serve(kServe);
  }
}

// All of them in order, then their confirmations: message.timeout.ms bounds how long each takes.
Result<std::vector<KafkaDelivery>> KafkaTransport::send(const std::string& topic,
                                                        std::span<const Message> messages) {
  TRY(be_ready());
  std::vector<KafkaDelivery> deliveries(messages.size());
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const int error = produce(topic, messages[i], deliveries[i]);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    for (std::size_t j = i; j < messages.size(); ++j) {
      deliveries[j] = {.done = true, .error = error};
    }
    break;
  }
  while (!std::ranges::all_of(deliveries, &KafkaDelivery::done)) client_->serve(kServe);
  return deliveries;
}

Result<void> KafkaTransport::publish(const feed::Sealed& batch) {
  TRY(publish_all({&batch, 1}));
  return {};
}

Result<std::size_t> KafkaTransport::publish_all(std::span<const feed::Sealed> batches) {
  if (batches.empty()) return 0;
  std::vector<Message> messages;
  messages.reserve(batches.size());
  for (const auto& batch : batches) messages.push_back({.value = batch.jws, .key = {}});
  TRY_ASSIGN(const auto deliveries, send(access_.topic, messages));
  const auto bad = std::ranges::find_if(deliveries, &KafkaDelivery::error);
  if (bad == deliveries.end()) return batches.size();
  Error error = failed(bad->error);
  if (bad == deliveries.begin()) return std::unexpected(std::move(error));
  return static_cast<std::size_t>(bad - deliveries.begin());
}

Result<void> KafkaTransport::publish_heartbeat(std::string_view jws) {
  const Message message{.value = jws, .key = {}};
  TRY_ASSIGN(const auto deliveries, send(access_.topic, {&message, 1}));
  if (deliveries[0].error != 0) return std::unexpected(failed(deliveries[0].error));
  return {};
}

// Chunks, and the index last: before that the one before is the newest.
Result<void> KafkaTransport::publish_snapshot(const feed::Snapshot& snapshot) {
  TRY_ASSIGN(SnapshotIndex index, index_of(snapshot));
  std::vector<Message> messages;
  for (const std::string_view chunk : chunks_of(snapshot)) {
    messages.push_back({.value = chunk, .key = "chunk", .is_word = false});
  }
  index.first_offset = -1;
  for (std::span<const Message> rest = messages; !rest.empty();) {
    const std::size_t count = std::min(rest.size(), kSnapshotChunksAtOnce);
    TRY_ASSIGN(const auto deliveries, send(access_.snapshot_topic(), rest.first(count)));
    for (const auto& delivery : deliveries) {
      if (delivery.error != 0) return std::unexpected(failed(delivery.error));
    }
    if (index.first_offset < 0) index.first_offset = deliveries[0].offset;
    rest = rest.subspan(count);
  }
  const std::string encoded = encode(index);
  const Message last{.value = encoded, .key = kSnapshotIndexKey, .is_word = false};
  TRY_ASSIGN(const auto deliveries, send(access_.snapshot_topic(), {&last, 1}));
  if (deliveries[0].error != 0) return std::unexpected(failed(deliveries[0].error));
  return {};
}

}  // namespace rescind::transport

#pragma once
// librdkafka's handle, opened with what an access says; the one place where its settings stand. Its
// own threads do the sending and receiving; callbacks come within serve(). One thread.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "transport/kafka_access.h"

struct rd_kafka_s;
struct rd_kafka_topic_s;

namespace rescind::transport {

// How the sending of one message went. Outlives it.
struct KafkaDelivery {
  bool done = false;
  int error = 0;
  std::int64_t offset = -1;
};

class KafkaClient {
 public:
  enum class End { kSending, kReceiving };
  // kInvalid: librdkafka refuses an option. Connects later, by itself.
  static Result<std::unique_ptr<KafkaClient>> open(const KafkaAccess& access, End end, Log& log);
  ~KafkaClient();
  KafkaClient(const KafkaClient&) = delete;
  KafkaClient& operator=(const KafkaClient&) = delete;

  rd_kafka_s* get() const { return handle_; }
  // How long a question to the broker may take.
  Milliseconds answer_within() const { return answer_within_; }
  // A topic's, kept until the end of this client.
  rd_kafka_topic_s* topic(const std::string& name);

  // Calls what has come meanwhile, waiting so long for something to come.
  void serve(Milliseconds wait);
  // What the client said last about not reaching a broker, once all of them are out of reach.
  const std::optional<std::string>& unreachable() const { return unreachable_; }
  // Partitions of a topic. kNotFound: there is no such topic. kUnavailable.
  Result<int> partitions(const std::string& topic);

  // "… : Broker: Unknown topic", with what the client said last where that tells more.
  Error error_of(int code, std::string_view while_doing) const;
  void on_error(int code, std::string_view why);
  Log& log() const { return log_; }  // any thread

 private:
  KafkaClient(const KafkaAccess& access, Log& log)
      : brokers_(access.brokers), answer_within_(access.answer_within), log_(log) {}

  const std::string brokers_;
  const Milliseconds answer_within_;
  Log& log_;
  rd_kafka_s* handle_ = nullptr;
  std::map<std::string, rd_kafka_topic_s*> topics_;
  std::string last_error_;
  std::optional<std::string> unreachable_;
};

}  // namespace rescind::transport

#pragma once
// For tests: a real Kafka broker on a free port of this machine (tools/kafka.sh), started once for
// a program and ended with it.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/server_process_testing.h"
#include "transport/kafka_client.h"

namespace rescind::transport {

class KafkaServer {
 public:
  // kUnavailable where it cannot be had here; then the program says "not run: …", too.
  static Result<KafkaServer*> get();

  std::string url(const std::string& topic) const;
  KafkaAccess access(const std::string& topic) const;
  void restart();
  void signal(int number) const { process_.signal(number); }

  using Settings = std::vector<std::pair<std::string, std::string>>;
  void create(const std::string& topic, int partitions = 1, const Settings& settings = {});
  void remove(const std::string& topic);
  // All that lies there now.
  void forget(const std::string& topic);
  std::int64_t end_of(const std::string& topic);
  bool put(const std::string& topic, std::string_view value);

 private:
  KafkaServer() = default;
  Result<void> start();
  KafkaClient& client();

  NullLog log_;
  ServerProcess process_{"kafka"};
  std::string port_;
  std::unique_ptr<KafkaClient> client_;
};

}  // namespace rescind::transport

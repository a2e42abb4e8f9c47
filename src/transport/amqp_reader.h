#pragma once
// The receiving end of a feed on RabbitMQ: a stream queue read from an offset of our own choosing.
// Where a position lies is found from the end backwards, since positions only grow. Blocking; one
// thread.

#include <memory>
#include <string>
#include <vector>

#include "transport/amqp_client.h"
#include "transport/amqp_stream.h"
#include "transport/broker.h"

namespace rescind::transport {

class AmqpReader final : public BrokerReader {
 public:
  explicit AmqpReader(AmqpAccess access) : access_(std::move(access)) {}

  Result<void> open(feed::Position after) override;
  Result<std::vector<std::string>> read(Milliseconds wait) override;
  Result<feed::Snapshot> snapshot() override;

 private:
  Result<AmqpStream> connect(const std::string& queue);

  AmqpAccess access_;
  std::unique_ptr<AmqpClient> client_;
  std::unique_ptr<AmqpStream> feed_;
  BootTime heard_{};
};

}  // namespace rescind::transport

#pragma once
// Signed requests on RabbitMQ: a stream queue, each message's body a request. Whoever runs the
// broker makes it, and lets services write to it and nothing else.

#include <cstdint>
#include <memory>

#include "base/log.h"
#include "transport/amqp_client.h"
#include "transport/amqp_stream.h"
#include "transport/request_topic.h"

namespace rescind::transport {

class AmqpRequests final : public RequestTopic {
 public:
  // The access's queue is the one of the requests.
  AmqpRequests(AmqpAccess access, Log& log) : access_(std::move(access)), log_(log) {}

  // A cursor's number is one past the offset of the last message, its term that message's mark.
  Result<void> open(Cursor after) override;
  Result<std::vector<Message>> read(Milliseconds wait, std::size_t max_bytes) override;
  Result<void> check(std::size_t max_bytes) override;

 private:
  Result<void> connect();

  AmqpAccess access_;
  Log& log_;
  std::unique_ptr<AmqpClient> client_;
  std::unique_ptr<AmqpStream> stream_;  // null: not opened
  std::int64_t next_ = 0;               // what lies before it has been read
};

}  // namespace rescind::transport

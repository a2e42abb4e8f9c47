#pragma once
// Signed requests on NATS: a JetStream stream of its own, each message's data a request. Whoever
// runs the server makes it, and lets services publish under its subject and nothing else.

#include <memory>

#include "transport/nats_tail.h"
#include "transport/request_topic.h"

namespace rescind::transport {

class NatsRequests final : public RequestTopic {
 public:
  // The access's subject is the one of the requests.
  explicit NatsRequests(NatsAccess access) : access_(std::move(access)) {}

  // A cursor's number is that of the next message in the stream, its term when the stream was made.
  Result<void> open(Cursor after) override;
  Result<std::vector<Message>> read(Milliseconds wait, std::size_t max_bytes) override;
  Result<void> check(std::size_t max_bytes) override;

 private:
  NatsAccess access_;
  std::unique_ptr<NatsTail> tail_;  // null: not opened
};

}  // namespace rescind::transport

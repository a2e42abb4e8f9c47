#pragma once
// The sending end of a feed on RabbitMQ, in order and confirmed. Several batches are sent before
// the first is waited for. Blocking, some seconds at most; one thread.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "feed/ports.h"
#include "transport/amqp_client.h"

namespace rescind::transport {

class AmqpTransport final : public feed::Transport {
 public:
  // kInvalid: a queue that a feed cannot lie in (amqp_queue.h). A broker that is not reached is no
  // error here: its queue is looked at before the first word is sent.
  static Result<std::unique_ptr<AmqpTransport>> open(AmqpAccess access, Log& log);

  Result<void> publish(const feed::Sealed& batch) override;
  Result<std::size_t> publish_all(std::span<const feed::Sealed> batches) override;
  Result<void> publish_heartbeat(std::string_view jws) override;
  // Whether the queue for them exists; false before the broker was reached.
  bool keeps_snapshots() const override { return keeps_snapshots_; }
  Result<void> publish_snapshot(const feed::Snapshot& snapshot) override;
  Result<void> check() override { return be_ready(); }

 private:
  struct Sending;
  AmqpTransport(AmqpAccess access, Log& log) : access_(std::move(access)), log_(log) {}
  Result<void> be_ready();
  Result<void> connect();
  // How many, from the first, are confirmed; the error where none is. Who gets fewer than all has
  // lost the connection.
  Result<std::size_t> send(const std::string& queue, std::span<const std::string_view> messages);
  Result<void> send_all(const std::string& queue, std::span<const std::string_view> messages);
  Result<void> await_confirm(Sending& sending);

  AmqpAccess access_;
  Log& log_;
  std::unique_ptr<AmqpClient> client_;  // null: not connected
  std::uint64_t published_ = 0;         // over this connection
  BootTime used_{};
  bool keeps_snapshots_ = false;
};

}  // namespace rescind::transport

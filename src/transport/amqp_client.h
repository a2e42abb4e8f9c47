#pragma once
// A connection to RabbitMQ with one channel, over rabbitmq-c: blocking, one thread. Errors are
// values; a connection that has failed is done with: connect anew. What the server sends is checked
// frame by frame before it is believed, and nothing is allocated because it says so.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "transport/amqp_access.h"

struct amqp_connection_state_t_;
struct amqp_frame_t_;
struct amqp_rpc_reply_t_;

namespace rescind::transport {

// A message of a stream. One that is larger than any word has no body, and is too large.
struct AmqpDelivery {
  std::string consumer;
  std::uint64_t tag = 0;
  std::int64_t offset = -1;
  std::string body;
  bool too_large = false;
};
// Of one published message, or of all up to it. Not taken: the broker could not keep it.
struct AmqpConfirm {
  std::uint64_t tag = 0;
  bool all_before = false;
  bool taken = false;
};
// A published message had no queue to lie in.
struct AmqpReturned {};
using AmqpEvent = std::variant<AmqpDelivery, AmqpConfirm, AmqpReturned>;

using AmqpValue = std::variant<std::int64_t, std::string>;
using AmqpArguments = std::vector<std::pair<std::string, AmqpValue>>;

class AmqpClient {
 public:
  // kUnavailable or kTimeout: not reached; kUnauthorized: it does not let us in; kInvalid: a file
  // for TLS is none. Takes some seconds at most.
  static Result<std::unique_ptr<AmqpClient>> connect(const AmqpAccess& access);
  ~AmqpClient();
  AmqpClient(const AmqpClient&) = delete;
  AmqpClient& operator=(const AmqpClient&) = delete;

  // kNotFound: there is no such queue.
  Result<void> find_queue(const std::string& queue);
  // A durable queue. One that does not exist is made; kConflict: one that does has other arguments,
  // and the message says which.
  Result<void> declare_queue(const std::string& queue, const AmqpArguments& arguments);

  // Deliveries follow, from an offset, or from "first", "last" (the last chunk) or "next", at most
  // `ahead` of what is acknowledged.
  Result<void> consume(const std::string& queue, const std::string& consumer, const AmqpValue& from,
                       std::uint16_t ahead);
  // Some deliveries may still come.
  Result<void> cancel(const std::string& consumer);
  // All deliveries up to this tag.
  Result<void> acknowledge(std::uint64_t tag);

  // From now on what is published is confirmed, by tags 1, 2, 3, …
  Result<void> expect_confirms();
  // To the queue of this name.
  Result<void> publish(const std::string& queue, std::string_view body);

  // What comes within `wait`, or has come. An error ends the connection; kGone: the queue that is
  // consumed was deleted.
  Result<std::optional<AmqpEvent>> next(Milliseconds wait);
  // What the broker says about why it takes nothing at the moment (no memory, a full disk).
  const std::string& blocked() const { return blocked_; }

  amqp_connection_state_t_* get() const { return connection_; }

 private:
  explicit AmqpClient(amqp_connection_state_t_* connection) : connection_(connection) {}
  Result<void> open_channel();
  Result<void> answered(std::string_view doing);  // to the question that was asked last
  Result<void> answered(const amqp_rpc_reply_t_& reply, std::string_view doing);
  Result<void> sent(int status, std::string_view doing);
  Error failed(int status, std::string_view doing);
  // Frames, as they come; an event once it is whole.
  Result<std::optional<AmqpEvent>> take(const amqp_frame_t_& frame);
  Result<std::optional<AmqpEvent>> take_method(const amqp_frame_t_& frame);
  Result<std::optional<AmqpEvent>> take_header(const amqp_frame_t_& frame);
  Result<std::optional<AmqpEvent>> take_body(const amqp_frame_t_& frame);
  std::optional<AmqpEvent> whole();

  amqp_connection_state_t_* connection_;
  bool channel_open_ = false;
  bool dead_ = false;
  std::string blocked_;
  // A message of which something has not come yet.
  std::optional<AmqpEvent> partial_;
  bool has_header_ = false;
  std::uint64_t missing_ = 0;
};

}  // namespace rescind::transport

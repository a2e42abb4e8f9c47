#pragma once
// One stream queue, read from an offset on. Blocking; one thread; ends before its client.
//
// Offsets grow from message to message, but not by one: RabbitMQ uses some for itself.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "transport/amqp_client.h"
#include "transport/broker_place.h"

namespace rescind::transport {

class AmqpStream {
 public:
  struct Message {
    std::int64_t offset = 0;
    std::string_view body;      // empty where it is too large
    bool is_too_large = false;  // for any word
  };
  // False: enough.
  using Take = std::function<bool(const Message&)>;

  AmqpStream(AmqpClient& client, std::string queue, Milliseconds answer_within)
      : client_(&client), queue_(std::move(queue)), answer_within_(answer_within) {}

  // From the first message that lies there to a late one, the first of the broker's last chunk;
  // nothing where it shows none. AMQP does not tell where a stream ends.
  Result<std::optional<BrokerRange>> range();
  // Reads on from an offset, from "first" or from "last", whatever was read before.
  Result<void> start(const AmqpValue& from);
  // What has come, or comes within `wait`, up to where `take` says that it is enough. An error
  // ends the reading.
  Result<void> read(Milliseconds wait, const Take& take);
  // All of the range that is still there, until `take` says that it is enough. Its end lies no
  // further than one past a message.
  Result<void> read_range(BrokerRange range, const Take& take);

 private:
  Result<void> start(const AmqpValue& from, std::uint16_t ahead);
  Result<std::optional<AmqpDelivery>> next(Milliseconds wait);
  Result<std::optional<std::int64_t>> first_offset(const AmqpValue& from);

  AmqpClient* client_;
  std::string queue_;
  Milliseconds answer_within_;
  std::string consumer_;  // empty: not reading
  std::uint64_t readings_ = 0;
  std::int64_t last_offset_ = -1;
};

}  // namespace rescind::transport

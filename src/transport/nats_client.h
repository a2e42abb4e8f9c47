#pragma once
// A connection to NATS, and what a feed asks of JetStream over it; the one place that knows the
// client library. Blocking, each call some seconds at most; one thread. It does not connect again
// by itself: after an error of the connection a new client is made. The library's own threads read
// the socket.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "transport/nats_access.h"
#include "transport/nats_stream.h"

namespace rescind::transport {

// How much of what was sent is confirmed.
struct NatsPublished {
  std::size_t confirmed = 0;  // from the first
  std::int64_t first = 0;     // the first one's number
  std::optional<Error> why;   // not all: the first thing that went wrong
};

struct NatsMessage {
  std::int64_t number = 0;
  std::uint64_t left = 0;  // still to come, as the server saw it when it sent this one
  std::string_view data;
};

class NatsClient {
 public:
  // kUnavailable, kTimeout; kUnauthorized: the server knows no such user.
  static Result<std::unique_ptr<NatsClient>> connect(const NatsAccess& access);
  ~NatsClient();
  NatsClient(const NatsClient&) = delete;
  NatsClient& operator=(const NatsClient&) = delete;

  std::int64_t max_payload() const;
  // kNotFound: there is no such stream.
  Result<NatsStream> stream(const std::string& name);
  // kInvalid: it is missing or not what it has to be, with the command that mends it.
  Result<void> check(const NatsAccess& access, const NatsNeed& need);
  // Nothing where none of that number is kept.
  Result<std::optional<std::string>> message(const std::string& stream, std::int64_t number);
  // All before that number goes.
  Result<void> purge(const std::string& stream, std::int64_t before);

  // Sends all of them in order, and then waits for their confirmations by that stream.
  NatsPublished publish(const std::string& subject, const std::string& stream,
                        std::span<const std::string_view> messages);

  // From now on reads what that stream has under a subject, from a number on. Once for a client.
  Result<void> start(const std::string& stream, const std::string& subject, std::int64_t first);
  // What has come, or comes within `wait`, until `take` says false: enough. An error ends the
  // reading.
  using Take = std::function<bool(const NatsMessage&)>;
  Result<void> read(Milliseconds wait, const Take& take);

 private:
  struct Handles;
  NatsClient(std::unique_ptr<Handles> handles, Milliseconds answer_within);

  std::unique_ptr<Handles> handles_;
  const Milliseconds answer_within_;
  std::uint64_t next_reply_ = 0;
};

}  // namespace rescind::transport

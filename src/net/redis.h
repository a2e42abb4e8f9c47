#pragma once
// A Redis client over hiredis (RESP2): blocking, one connection, one thread. Errors are values; a
// connection that has failed is done with: connect anew. No TLS (Debian's hiredis has none): for a
// server on this host or behind a tunnel.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

struct redisContext;
struct redisReply;

namespace rescind::net {

struct RedisReply {
  enum class Kind : std::uint8_t { kNil, kInteger, kText, kArray, kError };
  Kind kind = Kind::kNil;
  std::int64_t integer = 0;
  std::string text;  // kText; kError: what the server says, "WRONGTYPE …"
  std::vector<RedisReply> elements;
};

class Redis {
 public:
  struct Address {
    std::string host;
    std::uint16_t port = 6379;
    std::string user;  // empty: the default user
    Secret password;   // empty: none
  };
  using Command = std::vector<std::string_view>;

  // kUnavailable: not reached within `timeout`; kUnauthorized: the server does not take the
  // password.
  static Result<std::unique_ptr<Redis>> connect(const Address& address, Milliseconds timeout);
  ~Redis();
  Redis(const Redis&) = delete;
  Redis& operator=(const Redis&) = delete;

  // An error that the server answers is kInternal (kUnavailable while it loads or has a failover).
  // `waits`: how long the command may block by itself, beyond the timeout.
  Result<RedisReply> run(const Command& command, Milliseconds waits = Milliseconds(0));
  // All are sent before the first answer is waited for. A reply may be of kind kError.
  Result<std::vector<RedisReply>> run_all(std::span<const Command> commands);

 private:
  Redis(redisContext* context, Milliseconds timeout) : context_(context), timeout_(timeout) {}
  Result<void> allow(Milliseconds time);
  Result<RedisReply> next_reply();
  std::unexpected<Error> failed() const;

  redisContext* context_;
  Milliseconds timeout_;
  Milliseconds allowed_{0};
};

}  // namespace rescind::net

#pragma once
// For tests: a real redis-server on a free port of this machine, started once for a program and
// ended with it by its process id.

#include <memory>
#include <string>

#include "base/server_process_testing.h"
#include "net/redis.h"

namespace rescind::net {

class RedisServer {
 public:
  // kUnavailable where there is no redis-server; then the program says "not run: …", too.
  static Result<RedisServer*> get();

  Redis::Address address() const {
    return {.host = "127.0.0.1", .port = port_, .user = {}, .password = {}};
  }
  std::string url(const std::string& name) const;
  RedisReply run(const Redis::Command& command) const;
  void restart();
  void signal(int number) const { process_.signal(number); }

 private:
  RedisServer() = default;
  Result<void> start();

  ServerProcess process_{"redis"};
  const std::uint16_t port_ = free_port();
};

}  // namespace rescind::net

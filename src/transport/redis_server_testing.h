#pragma once
// For tests: a real redis-server on a free port of this machine, started once for a program and
// ended with it by its process id.

#include <sys/types.h>

#include <memory>
#include <string>

#include "transport/redis.h"

namespace rescind::transport {

class RedisServer {
 public:
  // kUnavailable where there is no redis-server; then the program says "not run: …", too.
  static Result<RedisServer*> get();
  ~RedisServer();

  std::string url(const std::string& name) const;
  RedisAccess access(const std::string& name) const;
  net::RedisReply run(const net::Redis::Command& command) const;
  void restart();
  void signal(int number) const;

 private:
  RedisServer() = default;
  Result<void> start();
  void stop();

  std::string folder_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace rescind::transport

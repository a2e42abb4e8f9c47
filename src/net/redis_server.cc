#include "net/redis_server.h"

#include <cstdio>

#include "base/check.h"

namespace rescind::net {

Result<RedisServer*> RedisServer::get() {
  static std::unique_ptr<RedisServer> server;
  static const Result<void> started = [] {
    server.reset(new RedisServer);
    auto result = server->start();
    if (!result) std::fprintf(stderr, "not run: %s\n", result.error().message.c_str());
    return result;
  }();
  if (!started) return std::unexpected(started.error());
  return server.get();
}

Result<void> RedisServer::start() {
  if (!ServerProcess::is_installed("redis-server")) {
    return fail(ErrorCode::kUnavailable, "redis-server is not installed");
  }
  process_.start({"redis-server", "--port", std::to_string(port_), "--bind", "127.0.0.1", "--dir",
                  process_.folder(), "--save", "", "--appendonly", "yes", "--appendfsync",
                  "always"});
  const bool serves = eventually(
      [this] {
        const auto redis = Redis::connect(address(), Milliseconds(500));
        return redis && (*redis)->run({"PING"});
      },
      std::chrono::seconds(20));
  if (serves) return {};
  return fail(ErrorCode::kUnavailable, "redis-server does not serve: " + process_.said());
}

void RedisServer::restart() {
  process_.stop();
  CHECK(start());
}

std::string RedisServer::url(const std::string& name) const {
  return "redis://127.0.0.1:" + std::to_string(port_) + "/" + name;
}

RedisReply RedisServer::run(const Redis::Command& command) const {
  auto redis = Redis::connect(address(), std::chrono::seconds(5));
  CHECK(redis);
  return (*redis)->run(command).value_or(RedisReply{});
}

}  // namespace rescind::net

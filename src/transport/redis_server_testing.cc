#include "transport/redis_server_testing.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/check.h"

namespace rescind::transport {
namespace {

constexpr std::chrono::seconds kStartWithin{20};

std::uint16_t free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  CHECK(::bind(probe, reinterpret_cast<sockaddr*>(&address), size) == 0);
  CHECK(::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(probe);
  return ntohs(address.sin_port);
}

}  // namespace

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
  if (std::system("command -v redis-server >/dev/null") != 0) {
    return fail(ErrorCode::kUnavailable, "redis-server is not installed");
  }
  if (folder_.empty()) {
    std::string name = (std::filesystem::temp_directory_path() / "rescind-redis-XXXXXX").string();
    CHECK(mkdtemp(name.data()) != nullptr);
    folder_ = name;
    port_ = free_port();
  }
  pid_ = ::fork();
  if (pid_ == 0) {
    const std::string port = std::to_string(port_);
    ::execlp("redis-server", "redis-server", "--port", port.c_str(), "--bind", "127.0.0.1", "--dir",
             folder_.c_str(), "--save", "", "--appendonly", "yes", "--appendfsync", "always",
             "--logfile", "log", nullptr);
    ::_exit(127);
  }
  const SystemClock clock;
  for (const BootTime end = clock.now().boot + kStartWithin; clock.now().boot < end;) {
    const auto redis = net::Redis::connect(access("x").address, Milliseconds(500));
    if (redis && (*redis)->run({"PING"})) return {};
    std::this_thread::sleep_for(Milliseconds(10));  // another process: nothing wakes us
  }
  return fail(ErrorCode::kUnavailable, "redis-server does not serve");
}

void RedisServer::stop() {
  ::kill(pid_, SIGCONT);
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

RedisServer::~RedisServer() {
  if (pid_ > 0) stop();
  if (!folder_.empty()) std::filesystem::remove_all(folder_);
}

void RedisServer::restart() {
  stop();
  CHECK(start());
}

void RedisServer::signal(int number) const { CHECK(::kill(pid_, number) == 0); }

std::string RedisServer::url(const std::string& name) const {
  return "redis://127.0.0.1:" + std::to_string(port_) + "/" + name;
}

RedisAccess RedisServer::access(const std::string& name) const {
  FeedAccess access;
  access.url = url(name);
  return *RedisAccess::parse(access);
}

net::RedisReply RedisServer::run(const net::Redis::Command& command) const {
  auto redis = net::Redis::connect(access("x").address, std::chrono::seconds(5));
  CHECK(redis);
  return (*redis)->run(command).value_or(net::RedisReply{});
}

}  // namespace rescind::transport

// How long a revocation takes to the last of many followers over server-sent events or WebSockets,
// and what each costs. Prints JSON.
//
//   fan_out --authority P --pid P --followers N --road sse|websocket --admin "Basic …"
//           --follower "Basic …" --rounds N --pause-ms N
//
// One epoll loop holds all connections and stamps what comes; a thread revokes, one after the
// other. "To the last": from the answer to the order until the last follower has the batch (not
// below zero), and from the sending of the order. At the end all of them come back at once, while
// it goes on revoking.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "arguments.h"
#include "followers.h"

namespace rescind::bench {
namespace {

using Clock = std::chrono::steady_clock;
double milliseconds(Clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

std::size_t resident_kib(std::uint64_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::strtoull(line.c_str() + 6, nullptr, 10);
  }
  return 0;
}

// One order after the other on a connection of its own.
class Revoker {
 public:
  Revoker(std::uint16_t port, std::string authorization)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
        authorization_(std::move(authorization)) {
    const sockaddr_in address = loopback(port);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      give_up("the authority is not reached");
    }
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~Revoker() { ::close(socket_); }
  Revoker(const Revoker&) = delete;
  Revoker& operator=(const Revoker&) = delete;

  // The number of the batch that carries it.
  std::uint64_t revoke() {
    const std::string body = R"({"claim":"jti","value":"bench-)" + std::to_string(++count_) + "\"}";
    const std::string order =
        "POST /v1/revocations HTTP/1.1\r\nHost: bench\r\nAuthorization: " + authorization_ +
        "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n\r\n" + body;
    if (::send(socket_, order.data(), order.size(), MSG_NOSIGNAL) < 0) give_up("cannot revoke");
    std::string answer;
    std::array<char, 4096> buffer{};
    const auto whole = [&answer] {
      const std::size_t end = answer.find("\r\n\r\n");
      return end != std::string::npos && answer.find('}', end) != std::string::npos;
    };
    while (!whole()) {
      const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
      if (got <= 0) give_up("the authority hung up");
      answer.append(buffer.data(), static_cast<std::size_t>(got));
    }
    const std::size_t place = answer.find("\"position\":\"");
    const std::size_t dot = answer.find('.', place);
    if (place == std::string::npos || dot == std::string::npos) give_up("not revoked: " + answer);
    return std::strtoull(answer.c_str() + dot + 1, nullptr, 10);
  }

 private:
  int socket_;
  std::string authorization_;
  std::uint64_t count_ = 0;
};

void print(const char* name, std::vector<double>& samples) {
  std::printf("\"%s\":{\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f},", name, quantile(samples, 0.5),
              quantile(samples, 0.99), quantile(samples, 1.0));
}

int measure(const Arguments& arguments) {
  const std::size_t count = arguments.number("--followers");
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, count + 1000);
  ::setrlimit(RLIMIT_NOFILE, &files);

  const auto port = static_cast<std::uint16_t>(arguments.number("--authority"));
  const std::uint64_t pid = arguments.number("--pid");
  const std::chrono::milliseconds pause(arguments.number("--pause-ms"));
  Revoker revoker(port, arguments.text("--admin"));
  const std::string road = arguments.text("--road");
  if (road != "sse" && road != "websocket") give_up("--road is sse or websocket");
  Followers followers(port, arguments.text("--follower"), count,
                      road == "sse" ? Followers::Road::kEvents : Followers::Road::kWebSocket);
  const std::size_t before = resident_kib(pid);
  followers.connect_all();
  const std::size_t after = resident_kib(pid);

  std::vector<double> from_order;
  std::vector<double> from_answer;
  for (std::uint64_t round = 0; round < arguments.number("--rounds"); ++round) {
    std::atomic<std::uint64_t> number = 0;
    Clock::time_point answered;
    const auto sent = Clock::now();
    std::thread order([&] {
      const std::uint64_t told = revoker.revoke();
      answered = Clock::now();
      number = told;
    });
    followers.run_until([&] { return number != 0; }, "an order is answered");
    order.join();
    const auto last = followers.all_have(number);
    from_order.push_back(milliseconds(last - sent));
    from_answer.push_back(std::max(0.0, milliseconds(last - answered)));
    const auto until = Clock::now() + pause;
    followers.run_until([&] { return Clock::now() >= until; }, "a pause");
  }

  followers.close_all();
  std::atomic<bool> back = false;
  std::vector<double> revokes;
  std::thread meanwhile([&] {
    while (!back) {
      const auto begin = Clock::now();
      revoker.revoke();
      revokes.push_back(milliseconds(Clock::now() - begin));
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  });
  const auto storm = Clock::now();
  followers.connect_all();
  const double stormed = milliseconds(Clock::now() - storm);
  back = true;
  meanwhile.join();

  std::printf("{\"followers\":%zu,", count);
  print("order_to_last", from_order);
  print("answer_to_last", from_answer);
  print("revoke_in_storm", revokes);
  std::printf("\"kib_each\":%.2f,\"storm_ms\":%.1f}\n",
              static_cast<double>(after - before) / static_cast<double>(count), stormed);
  return 0;
}

}  // namespace
}  // namespace rescind::bench

int main(int argc, char** argv) {
  return rescind::bench::measure(rescind::bench::Arguments(argc, argv));
}

#pragma once
// A closed loop of HTTP clients: each has one kept connection and one request under way, and sends
// the next when the answer is there. One thread, epoll, one read and one write a request, so that a
// machine of few cores measures the server and not its client. Loopback only; trusts the server's
// framing (an answer has a Content-Length).

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace rescind::bench {

struct Load {
  std::uint16_t port = 0;
  std::size_t clients = 1;
  std::chrono::milliseconds warm_up{0};  // not counted
  std::chrono::milliseconds duration{0};
  // The whole next request of a client.
  std::function<std::string(std::size_t client)> next;
  // False: not the answer that was wanted.
  std::function<bool(std::size_t client, int status, std::string_view body)> answered;
};

struct Loaded {
  std::uint64_t counted = 0;  // good answers after the warm-up
  std::uint64_t total = 0;    // all good answers
  std::uint64_t wrong = 0;
  double seconds = 0;               // that `counted` took
  std::vector<double> latencies{};  // milliseconds
};

// Ends the program where the server cannot be reached or closes a connection.
Loaded run(const Load& load);

// One request with a JSON body. `authorization` may be empty.
std::string post(std::string_view path, std::string_view authorization, std::string_view body);

}  // namespace rescind::bench

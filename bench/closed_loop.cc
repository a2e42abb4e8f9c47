#include "closed_loop.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <optional>

#include "arguments.h"
#include "net/header_value.h"

namespace rescind::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{10};  // for one answer
constexpr std::string_view kHeadEnd = "\r\n\r\n";

struct Answer {
  int status = 0;
  std::string_view body;
};

std::size_t content_length(std::string_view head) {
  constexpr std::string_view kName = "Content-Length";
  while (!head.empty()) {
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    if (line.size() <= kName.size() || line[kName.size()] != ':') continue;
    if (!net::equal_ignoring_case(line.substr(0, kName.size()), kName)) continue;
    const std::string_view value = net::trimmed(line.substr(kName.size() + 1));
    std::size_t length = 0;
    std::from_chars(value.data(), value.data() + value.size(), length);
    return length;
  }
  give_up("an answer without Content-Length");
}

// The answer that has come whole, if it has.
std::optional<Answer> whole_answer(std::string_view received) {
  constexpr std::size_t kStatusAt = 9;  // "HTTP/1.1 201"
  const std::size_t head = received.find(kHeadEnd);
  if (head == std::string_view::npos) return std::nullopt;
  const std::string_view rest = received.substr(head + kHeadEnd.size());
  const std::size_t length = content_length(received.substr(0, head));
  if (rest.size() < length) return std::nullopt;
  Answer answer{.status = 0, .body = rest.substr(0, length)};
  std::from_chars(received.data() + kStatusAt, received.data() + kStatusAt + 3, answer.status);
  return answer;
}

int connect_to(std::uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  if (descriptor < 0 || setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
      connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    give_up("cannot connect");
  }
  return descriptor;
}

class ClosedLoop {
 public:
  explicit ClosedLoop(const Load& load) : load_(load), poll_(epoll_create1(EPOLL_CLOEXEC)) {
    for (std::size_t i = 0; i < load.clients; ++i) {
      connections_.push_back({.descriptor = connect_to(load.port), .received = {}, .sent = {}});
      epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
      if (epoll_ctl(poll_, EPOLL_CTL_ADD, connections_[i].descriptor, &event) != 0) {
        give_up("cannot poll");
      }
    }
  }
  ~ClosedLoop() {
    for (const Connection& connection : connections_) close(connection.descriptor);
    close(poll_);
  }
  ClosedLoop(const ClosedLoop&) = delete;
  ClosedLoop& operator=(const ClosedLoop&) = delete;

  // What is under way at the end is waited for: all that the server did is counted.
  Loaded run() {
    counted_from_ = Clock::now() + load_.warm_up;
    end_ = counted_from_ + load_.duration;
    for (std::size_t i = 0; i < connections_.size(); ++i) send_next(i);
    while (under_way_ > 0) wait();
    loaded_.seconds = std::chrono::duration<double>(load_.duration).count();
    return std::move(loaded_);
  }

 private:
  struct Connection {
    int descriptor = -1;
    std::string received;
    Clock::time_point sent;
  };

  void send_next(std::size_t client) {
    const std::string request = load_.next(client);
    connections_[client].sent = Clock::now();
    std::size_t done = 0;
    while (done < request.size()) {
      const ssize_t sent = ::send(connections_[client].descriptor, request.data() + done,
                                  request.size() - done, MSG_NOSIGNAL);
      if (sent <= 0) give_up("the server does not read");
      done += static_cast<std::size_t>(sent);
    }
    ++under_way_;
  }

  void wait() {
    std::array<epoll_event, 64> events{};
    const int milliseconds = static_cast<int>(std::chrono::milliseconds(kPatience).count());
    const int count =
        epoll_wait(poll_, events.data(), static_cast<int>(events.size()), milliseconds);
    if (count <= 0) give_up("the server does not answer");
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) read(events[i].data.u64);
  }

  void read(std::size_t client) {
    Connection& connection = connections_[client];
    std::array<char, 16384> buffer{};
    const ssize_t got = recv(connection.descriptor, buffer.data(), buffer.size(), 0);
    if (got <= 0) give_up("the server has closed a connection");
    connection.received.append(buffer.data(), static_cast<std::size_t>(got));
    const auto answer = whole_answer(connection.received);
    if (!answer) return;
    --under_way_;
    count(client, *answer);
    connection.received.clear();
    if (Clock::now() < end_) send_next(client);
  }

  void count(std::size_t client, const Answer& answer) {
    if (!load_.answered(client, answer.status, answer.body)) {
      ++loaded_.wrong;
      return;
    }
    ++loaded_.total;
    const auto now = Clock::now();
    if (now < counted_from_ || now >= end_) return;
    ++loaded_.counted;
    loaded_.latencies.push_back(
        std::chrono::duration<double, std::milli>(now - connections_[client].sent).count());
  }

  const Load& load_;
  int poll_;
  std::vector<Connection> connections_;
  std::size_t under_way_ = 0;
  Clock::time_point counted_from_;
  Clock::time_point end_;
  Loaded loaded_;
};

}  // namespace

Loaded run(const Load& load) { return ClosedLoop(load).run(); }

std::string post(std::string_view path, std::string_view authorization, std::string_view body) {
  std::string request("POST ");
  request.append(path).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n");
  if (!authorization.empty()) {
    request.append("Authorization: ").append(authorization).append("\r\n");
  }
  request.append("Content-Type: application/json\r\nContent-Length: ");
  request.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
  return request;
}

}  // namespace rescind::bench

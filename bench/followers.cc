#include "followers.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include "jwt/base64url.h"

namespace rescind::bench {
namespace {

std::string request_for(Followers::Road road, const std::string& authorization) {
  return "GET /v1/feed HTTP/1.1\r\nHost: bench\r\nAuthorization: " + authorization +
         (road == Followers::Road::kEvents
              ? "\r\nAccept: text/event-stream\r\n\r\n"
              : "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
}

}  // namespace

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

Followers::Followers(std::uint16_t port, const std::string& authorization, std::size_t count,
                     Road road)
    : port_(port),
      road_(road),
      request_(request_for(road, authorization)),
      poll_(::epoll_create1(EPOLL_CLOEXEC)),
      streams_(count) {}

Followers::~Followers() {
  close_all();
  ::close(poll_);
}

void Followers::connect_all() {
  open_ = 0;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    connect(i);
    if (i % 64 == 63) turn(0);  // the listener's queue is finite
  }
  run_until([this] { return open_ == streams_.size(); }, "all are connected");
}

void Followers::close_all() {
  for (Stream& stream : streams_) {
    if (stream.socket >= 0) ::close(stream.socket);
    stream = {};
  }
}

Followers::Clock::time_point Followers::all_have(std::uint64_t number) {
  const auto have = [&](const Stream& stream) { return stream.number >= number; };
  run_until([&] { return std::ranges::all_of(streams_, have); }, "all have a batch");
  return last_arrival_;
}

void Followers::connect(std::size_t i) {
  const sockaddr_in address = loopback(port_);
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) give_up("no more files; raise ulimit -n");
  ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  streams_[i].socket = socket;
  epoll_event event{.events = EPOLLIN | EPOLLOUT, .data = {.u64 = i}};
  ::epoll_ctl(poll_, EPOLL_CTL_ADD, socket, &event);
}

void Followers::turn(int wait_ms) {
  std::array<epoll_event, 512> events{};
  const int count = ::epoll_wait(poll_, events.data(), events.size(), wait_ms);
  for (int i = 0; i < count; ++i) handle(events[static_cast<std::size_t>(i)]);
}

void Followers::handle(const epoll_event& event) {
  Stream& stream = streams_[event.data.u64];
  if (!stream.sent && (event.events & EPOLLOUT) != 0U) {
    stream.sent = ::send(stream.socket, request_.data(), request_.size(), MSG_NOSIGNAL) > 0;
    epoll_event in{.events = EPOLLIN, .data = event.data};
    ::epoll_ctl(poll_, EPOLL_CTL_MOD, stream.socket, &in);
  }
  if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0U) return;
  static std::array<char, 65'536> buffer;
  const ssize_t got = ::recv(stream.socket, buffer.data(), buffer.size(), 0);
  if (got <= 0) {
    if (got < 0 && errno == EAGAIN) return;
    give_up("a stream was ended by the authority");
  }
  if (!stream.open) ++open_;
  stream.open = true;
  stream.rest.append(buffer.data(), static_cast<std::size_t>(got));
  road_ == Road::kEvents ? read_ids(stream) : read_frames(stream);
}

void Followers::read_ids(Stream& stream) {
  std::size_t begin = 0;
  for (std::size_t end = stream.rest.find('\n'); end != std::string::npos;
       end = stream.rest.find('\n', begin)) {
    const std::string_view line(stream.rest.data() + begin, end - begin);
    begin = end + 1;
    if (!line.starts_with("id:")) continue;
    const std::size_t dot = line.find('.');
    stream.number = std::strtoull(line.data() + dot + 1, nullptr, 10);
    last_arrival_ = Clock::now();
  }
  stream.rest.erase(0, begin);
}

void Followers::read_frames(Stream& stream) {
  if (!stream.frames) {
    const std::size_t end = stream.rest.find("\r\n\r\n");
    if (end == std::string::npos) return;
    if (!stream.rest.starts_with("HTTP/1.1 101 ")) give_up("no WebSocket: " + stream.rest);
    stream.frames = std::make_unique<net::WebSocketDecoder>(net::WebSocketDecoder::End::kClient);
    stream.rest.erase(0, end + 4);
  }
  const auto fault = stream.frames->feed(
      stream.rest, [&](const net::WebSocketMessage& message) { on_message(stream, message); });
  if (fault) give_up("frames that are none");
  stream.rest.clear();
}

void Followers::on_message(Stream& stream, const net::WebSocketMessage& message) {
  using Kind = net::WebSocketMessage::Kind;
  if (message.kind == Kind::kPing) {
    std::string pong;
    net::append_pong(pong, message.payload, net::MaskKey{});  // nothing is hidden here
    (void)::send(stream.socket, pong.data(), pong.size(), MSG_NOSIGNAL);
  } else if (message.kind != Kind::kText) {
    give_up("a WebSocket was closed by the authority");
  } else if (const std::uint64_t number = number_of(message.payload); number > stream.number) {
    stream.number = number;
    last_arrival_ = Clock::now();
  }
}

// A heartbeat names the last batch, which has come before it.
std::uint64_t Followers::number_of(std::string_view jws) {
  if (jws == last_word_) return last_number_;
  const std::size_t begin = jws.find('.') + 1;
  const auto payload = jwt::base64url_decode(jws.substr(begin, jws.find('.', begin) - begin));
  const std::size_t place = payload ? payload->find(R"("number":)") : std::string::npos;
  if (place == std::string::npos) give_up("no word of the feed: " + std::string(jws));
  last_word_ = jws;
  return last_number_ = std::strtoull(payload->c_str() + place + 9, nullptr, 10);
}

}  // namespace rescind::bench

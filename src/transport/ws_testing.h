#pragma once
// For the tests of WebSockets: a client that says exactly what a test wants to say, and hears what
// comes.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "net/websocket.h"
#include "transport/feed_server_testing.h"

namespace rescind::transport {

inline constexpr net::MaskKey kTestMask = {1, 2, 3, 4};

inline std::string handshake(std::string_view more = {}) {
  return "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
         std::string(more);
}

class WsClient {
 public:
  // Asks for a WebSocket, with further header lines; what is sent early goes behind the head.
  explicit WsClient(std::uint16_t port, std::string_view target = "/v1/feed",
                    std::string_view headers = {}, std::string_view early = {},
                    int receive_buffer = 0)
      : client_(port, receive_buffer) {
    client_.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: feed.example\r\n" +
                 handshake(headers) + "\r\n" + std::string(early));
    head_ = client_.read_until("\r\n\r\n");
  }
  const std::string& head() const { return head_; }

  void send(std::string_view bytes) { client_.send(bytes); }
  void send_text(std::string_view text) {
    std::string frame;
    net::append_text(frame, text, kTestMask);
    client_.send(frame);
  }

  // "text …", "ping …", "pong …", "close 1001"; "end" when the connection has ended.
  std::string next() {
    while (heard_.empty()) {
      const std::string bytes = client_.read_some();
      if (bytes.empty()) return "end";
      const auto fault = decoder_.feed(bytes, [this](const net::WebSocketMessage& message) {
        heard_.push_back(described(message));
      });
      if (fault) heard_.push_back("fault");
    }
    std::string first = std::move(heard_.front());
    heard_.pop_front();
    return first;
  }
  // The next text; pings are passed over.
  std::string next_text() {
    std::string message = next();
    while (message.starts_with("ping")) message = next();
    return message.starts_with("text ") ? message.substr(5) : message;
  }

 private:
  static std::string described(const net::WebSocketMessage& message) {
    using Kind = net::WebSocketMessage::Kind;
    switch (message.kind) {
      case Kind::kText:
        return "text " + std::string(message.payload);
      case Kind::kPing:
        return "ping " + std::string(message.payload);
      case Kind::kPong:
        return "pong " + std::string(message.payload);
      case Kind::kClose:
        return "close " + std::to_string(message.code.value_or(1005));
    }
    return {};
  }

  FeedClient client_;
  std::string head_;
  net::WebSocketDecoder decoder_{net::WebSocketDecoder::End::kClient};
  std::deque<std::string> heard_;
};

}  // namespace rescind::transport

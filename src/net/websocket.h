#pragma once
// The frames of WebSocket (RFC 6455 5 to 7), without sockets: what is sent, and a strict decoder of
// what comes. Messages are text alone; nothing is compressed, since no extension is ever agreed on
// (websocket_handshake.h). One thread.

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "net/limits.h"

namespace rescind::net {

// Why a connection ends (RFC 6455 7.4.1).
enum class CloseCode : std::uint16_t {
  kNormal = 1000,
  kGoingAway = 1001,
  kProtocolError = 1002,
  kUnsupported = 1003,  // binary, where text is spoken
  kBadText = 1007,      // text that is no UTF-8
  kPolicy = 1008,
  kTooBig = 1009,
  kInternal = 1011,
};

// What a client's frame is masked with: fresh random bytes for each (RFC 6455 5.3). A server masks
// nothing.
using MaskKey = std::array<std::uint8_t, 4>;
using Mask = std::optional<MaskKey>;

// Each appends one whole frame. `payload` of a ping or pong has at most kMaxControlBytes, and a
// text is UTF-8: anything else is a programmer's error. A close's reason is cut short where it is
// too long.
inline constexpr std::size_t kMaxControlBytes = 125;
void append_text(std::string& out, std::string_view text, const Mask& mask = {});
void append_ping(std::string& out, std::string_view payload = {}, const Mask& mask = {});
void append_pong(std::string& out, std::string_view payload, const Mask& mask = {});
void append_close(std::string& out, CloseCode code, std::string_view reason = {},
                  const Mask& mask = {});

// What has come: views that live during the call.
struct WebSocketMessage {
  enum class Kind : std::uint8_t { kText, kPing, kPong, kClose };
  Kind kind = Kind::kText;
  std::string_view payload;                // of a close: its reason
  std::optional<std::uint16_t> code = {};  // of a close, where it says one
};

// Takes the bytes in pieces as they come; a message's fragments are joined. At most one message,
// and one control frame between its fragments, are kept.
class WebSocketDecoder {
 public:
  // Whose end this is: a server takes masked frames alone, a client unmasked ones alone.
  enum class End : std::uint8_t { kServer, kClient };
  using OnMessage = std::function<void(const WebSocketMessage&)>;

  explicit WebSocketDecoder(End end, std::size_t max_message_bytes = kMaxWebSocketBytes)
      : end_(end), limit_(max_message_bytes) {}

  // Calls `on_message` for each message and control frame that is complete. A code: the connection
  // has to end with it. What comes behind that, or behind a close, is not looked at.
  std::optional<CloseCode> feed(std::string_view bytes, const OnMessage& on_message);
  // A close has come, or a fault.
  bool ended() const { return ended_; }

 private:
  std::size_t head_wanted() const;
  std::optional<CloseCode> take_head();
  std::optional<CloseCode> check_first_two() const;
  void take_payload(std::string_view& bytes);
  std::optional<CloseCode> finish_frame(const OnMessage& on_message);
  std::optional<CloseCode> finish_message(const OnMessage& on_message);
  std::optional<CloseCode> finish_close(const OnMessage& on_message);
  bool is_control() const { return (head_[0] & 0x08U) != 0; }
  bool is_last() const { return (head_[0] & 0x80U) != 0; }
  std::uint8_t opcode() const { return head_[0] & 0x0FU; }

  const End end_;
  const std::size_t limit_;
  bool ended_ = false;
  std::array<std::uint8_t, 14> head_{};  // of the frame at hand
  std::size_t head_size_ = 0;
  bool in_payload_ = false;
  std::size_t payload_left_ = 0;
  std::size_t payload_taken_ = 0;
  bool in_message_ = false;  // a fragment has come, and it was not the last
  std::string message_;
  std::string control_;
};

}  // namespace rescind::net

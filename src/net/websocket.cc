#include "net/websocket.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/utf8.h"

namespace rescind::net {
namespace {

constexpr std::uint8_t kFinal = 0x80;
constexpr std::uint8_t kReserved = 0x70;
constexpr std::uint8_t kMasked = 0x80;
constexpr std::uint8_t kLengthIn16 = 126;
constexpr std::uint8_t kLengthIn64 = 127;

constexpr std::uint8_t kContinuation = 0;
constexpr std::uint8_t kText = 1;
constexpr std::uint8_t kBinary = 2;
constexpr std::uint8_t kClose = 8;
constexpr std::uint8_t kPing = 9;
constexpr std::uint8_t kPong = 10;

void append_big_endian(std::string& out, std::uint64_t value, unsigned bytes) {
  while (bytes-- > 0) out.push_back(static_cast<char>(value >> (8U * bytes)));
}

void append_frame(std::string& out, std::uint8_t opcode, std::string_view payload,
                  const Mask& mask) {
  const std::uint8_t masked = mask ? kMasked : 0;
  const auto small = [&](std::size_t length) { return static_cast<char>(masked | length); };
  out.push_back(static_cast<char>(kFinal | opcode));
  if (payload.size() < kLengthIn16) {
    out.push_back(small(payload.size()));
  } else if (payload.size() <= 0xFFFF) {
    out.push_back(small(kLengthIn16));
    append_big_endian(out, payload.size(), 2);
  } else {
    out.push_back(small(kLengthIn64));
    append_big_endian(out, payload.size(), 8);
  }
  if (!mask) {
    out.append(payload);
    return;
  }
  for (const std::uint8_t byte : *mask) out.push_back(static_cast<char>(byte));
  for (std::size_t i = 0; i < payload.size(); ++i) {
    out.push_back(static_cast<char>(static_cast<std::uint8_t>(payload[i]) ^ (*mask)[i % 4]));
  }
}

bool is_utf8(std::string_view text) {
  constexpr std::uint64_t kNotAscii = 0x8080808080808080;
  while (!text.empty()) {
    std::uint64_t eight = kNotAscii;
    if (text.size() >= sizeof eight) std::memcpy(&eight, text.data(), sizeof eight);
    const std::size_t length = (eight & kNotAscii) == 0 ? sizeof eight : utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

// As many bytes of the reason as fit beside the code, without cutting a character in two.
std::string_view shortened(std::string_view reason) {
  std::size_t size = std::min(reason.size(), kMaxControlBytes - 2);
  while (size > 0 && !is_utf8(reason.substr(0, size))) --size;
  return reason.substr(0, size);
}

// Those that may travel in a frame (RFC 6455 7.4): registered ones, those of libraries (3000 on)
// and of applications (4000 on). 1004, 1005, 1006 and 1015 never do.
bool may_be_sent(unsigned code) {
  const bool registered = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
  return registered || (code >= 3000 && code <= 4999);
}

}  // namespace

void append_text(std::string& out, std::string_view text, const Mask& mask) {
  append_frame(out, kText, text, mask);
}

void append_ping(std::string& out, std::string_view payload, const Mask& mask) {
  CHECK(payload.size() <= kMaxControlBytes);
  append_frame(out, kPing, payload, mask);
}

void append_pong(std::string& out, std::string_view payload, const Mask& mask) {
  CHECK(payload.size() <= kMaxControlBytes);
  append_frame(out, kPong, payload, mask);
}

void append_close(std::string& out, CloseCode code, std::string_view reason, const Mask& mask) {
  std::string payload;
  append_big_endian(payload, static_cast<std::uint16_t>(code), 2);
  payload.append(shortened(reason));
  append_frame(out, kClose, payload, mask);
}

std::optional<CloseCode> WebSocketDecoder::feed(std::string_view bytes,
                                                const OnMessage& on_message) {
  while (!ended_ && !bytes.empty()) {
    std::optional<CloseCode> fault;
    if (!in_payload_) {
      head_[head_size_++] = static_cast<std::uint8_t>(bytes.front());
      bytes.remove_prefix(1);
      if (head_size_ == 2) fault = check_first_two();
      if (!fault && head_size_ == head_wanted()) fault = take_head();
    } else {
      take_payload(bytes);
    }
    if (!fault && in_payload_ && payload_left_ == 0) fault = finish_frame(on_message);
    if (fault) {
      ended_ = true;
      return fault;
    }
  }
  return std::nullopt;
}

std::size_t WebSocketDecoder::head_wanted() const {
  if (head_size_ < 2) return 2;
  const unsigned length = head_[1] & 0x7FU;
  const std::size_t extended = length == kLengthIn16 ? 2 : length == kLengthIn64 ? 8 : 0;
  return 2 + extended + ((head_[1] & kMasked) != 0 ? 4 : 0);
}

// What is wrong whatever comes behind it.
std::optional<CloseCode> WebSocketDecoder::check_first_two() const {
  if ((head_[0] & kReserved) != 0) return CloseCode::kProtocolError;  // an extension's
  if (((head_[1] & kMasked) != 0) != (end_ == End::kServer)) return CloseCode::kProtocolError;
  if (is_control()) {
    const bool known = opcode() == kClose || opcode() == kPing || opcode() == kPong;
    const bool small = (head_[1] & 0x7FU) <= kMaxControlBytes;
    if (!known || !small || !is_last()) return CloseCode::kProtocolError;
    return std::nullopt;
  }
  if (opcode() > kBinary) return CloseCode::kProtocolError;
  if ((opcode() == kContinuation) != in_message_) return CloseCode::kProtocolError;
  if (opcode() == kBinary) return CloseCode::kUnsupported;
  return std::nullopt;
}

std::optional<CloseCode> WebSocketDecoder::take_head() {
  std::uint64_t length = head_[1] & 0x7FU;
  if (length >= kLengthIn16) {
    const std::size_t size = length == kLengthIn16 ? 2 : 8;
    const std::uint64_t least = length == kLengthIn16 ? kLengthIn16 : 0x10000;
    length = 0;
    for (std::size_t i = 0; i < size; ++i) length = length << 8U | head_[2 + i];
    // One length, one spelling; and its highest bit is 0.
    if (length < least || length >> 63U != 0) return CloseCode::kProtocolError;
  }
  if (!is_control() && length > limit_ - message_.size()) return CloseCode::kTooBig;
  in_payload_ = true;
  payload_left_ = static_cast<std::size_t>(length);
  payload_taken_ = 0;
  return std::nullopt;
}

void WebSocketDecoder::take_payload(std::string_view& bytes) {
  std::string& into = is_control() ? control_ : message_;
  const std::string_view part = bytes.substr(0, payload_left_);
  bytes.remove_prefix(part.size());
  payload_left_ -= part.size();
  if (end_ == End::kClient) {
    into.append(part);
    return;
  }
  const std::uint8_t* const mask = head_.data() + head_size_ - 4;
  for (const char byte : part) {
    into.push_back(static_cast<char>(static_cast<std::uint8_t>(byte) ^ mask[payload_taken_++ % 4]));
  }
}

std::optional<CloseCode> WebSocketDecoder::finish_frame(const OnMessage& on_message) {
  in_payload_ = false;
  head_size_ = 0;
  if (!is_control()) {
    in_message_ = !is_last();
    return in_message_ ? std::nullopt : finish_message(on_message);
  }
  if (opcode() == kClose) return finish_close(on_message);
  using Kind = WebSocketMessage::Kind;
  on_message({.kind = opcode() == kPing ? Kind::kPing : Kind::kPong, .payload = control_});
  control_.clear();
  return std::nullopt;
}

std::optional<CloseCode> WebSocketDecoder::finish_message(const OnMessage& on_message) {
  if (!is_utf8(message_)) return CloseCode::kBadText;
  on_message({.kind = WebSocketMessage::Kind::kText, .payload = message_});
  // What an unusual message has made it grow by is given back.
  constexpr std::size_t kUsual = std::size_t{16} << 10U;
  if (message_.capacity() > kUsual) {
    message_ = std::string();
  } else {
    message_.clear();
  }
  return std::nullopt;
}

std::optional<CloseCode> WebSocketDecoder::finish_close(const OnMessage& on_message) {
  WebSocketMessage close{.kind = WebSocketMessage::Kind::kClose};
  if (!control_.empty()) {
    if (control_.size() == 1) return CloseCode::kProtocolError;
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(control_[i]); };
    close.code = static_cast<std::uint16_t>(byte(0) << 8U | byte(1));
    close.payload = std::string_view(control_).substr(2);
    if (!may_be_sent(*close.code)) return CloseCode::kProtocolError;
    if (!is_utf8(close.payload)) return CloseCode::kBadText;
  }
  ended_ = true;
  on_message(close);
  return std::nullopt;
}

}  // namespace rescind::net

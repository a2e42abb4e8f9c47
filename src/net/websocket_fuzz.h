#pragma once
// What the fuzzer of WebSocket frames does with one input, for the fuzzer and for the test of its
// corpus.

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/websocket.h"

namespace rescind::net {

struct WebSocketHeard {
  struct Message {
    WebSocketMessage::Kind kind = WebSocketMessage::Kind::kText;
    std::string payload;
    std::optional<std::uint16_t> code;
    bool operator==(const Message&) const = default;
  };
  std::vector<Message> messages;
  std::optional<CloseCode> fault;
  bool ended = false;
  bool operator==(const WebSocketHeard&) const = default;
};

// What a decoder makes of bytes that come in pieces of this size.
inline WebSocketHeard read_websocket(WebSocketDecoder::End end, std::string_view bytes,
                                     std::size_t piece, std::size_t limit = 512) {
  WebSocketDecoder decoder(end, limit);
  WebSocketHeard heard;
  while (!bytes.empty() && !heard.fault) {
    heard.fault = decoder.feed(bytes.substr(0, piece), [&](const WebSocketMessage& message) {
      heard.messages.push_back({message.kind, std::string(message.payload), message.code});
    });
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  heard.ended = decoder.ended();
  return heard;
}

inline std::string written(const WebSocketHeard::Message& message, const Mask& mask) {
  std::string out;
  switch (message.kind) {
    case WebSocketMessage::Kind::kText:
      append_text(out, message.payload, mask);
      break;
    case WebSocketMessage::Kind::kPing:
      append_ping(out, message.payload, mask);
      break;
    case WebSocketMessage::Kind::kPong:
      append_pong(out, message.payload, mask);
      break;
    case WebSocketMessage::Kind::kClose:
      append_close(out, static_cast<CloseCode>(message.code.value_or(1000)), message.payload, mask);
      break;
  }
  return out;
}

// The first byte says whose end it is and how the others are cut. What was read is written and read
// again. The number of messages.
inline std::size_t fuzz_websocket(std::string_view input) {
  if (input.empty()) return 0;
  using End = WebSocketDecoder::End;
  const auto first = static_cast<unsigned char>(input.front());
  const End end = (first & 0x80U) != 0 ? End::kServer : End::kClient;
  const std::size_t piece = first % 16U + 1;
  const std::string_view bytes = input.substr(1);
  const WebSocketHeard whole = read_websocket(end, bytes, bytes.size() + 1);
  if (read_websocket(end, bytes, piece) != whole) std::abort();
  const Mask mask = end == End::kServer ? Mask(MaskKey{first, 2, 3, 255}) : std::nullopt;
  for (WebSocketHeard::Message message : whole.messages) {
    const WebSocketHeard again = read_websocket(end, written(message, mask), piece);
    if (message.kind == WebSocketMessage::Kind::kClose && !message.code) message.code = 1000;
    if (again.fault || again.messages != std::vector{message}) std::abort();
  }
  return whole.fault ? 0 : whole.messages.size();
}

}  // namespace rescind::net

#pragma once
// What a peer may make us keep, and for how long. Each is tested at the limit and one past it.

#include <chrono>
#include <cstddef>

namespace rescind::net {

// Of one message, in either direction.
struct MessageLimits {
  std::size_t head_bytes = 16 * 1024;  // the start line and all header fields (431, 414)
  std::size_t header_fields = 100;     // (431)
  std::size_t body_bytes = 64 * 1024;  // after the transfer coding is undone (413)
};

// Chunked bodies (RFC 9112 7.1): what surrounds the data is bounded too.
inline constexpr std::size_t kMaxChunkExtensionBytes = 1024;  // over the whole body
inline constexpr std::size_t kMaxTrailerBytes = 4096;

// Streams: what waits for a slow reader. Past it the reader is cut off; it comes back and resumes.
inline constexpr std::size_t kMaxStreamBytes = 1024 * 1024;

// A server refuses at once what comes beyond them.
inline constexpr std::size_t kMaxConnections = 16 * 1024;

// Forms and queries.
inline constexpr std::size_t kMaxFormFields = 64;

// A client's head of a response may be preceded by so many interim ones (RFC 9110 15.2).
inline constexpr int kMaxInterimResponses = 4;

// Server-sent events: the longest line, and the longest event.
inline constexpr std::size_t kMaxEventBytes = 1024 * 1024;

// WebSocket: the longest message, its fragments together.
inline constexpr std::size_t kMaxWebSocketBytes = 1024 * 1024;

// How long a server waits. It looks every quarter of the shortest of them, at most once a second.
struct Deadlines {
  std::chrono::milliseconds head{10'000};   // from a request's first byte to its last header (408)
  std::chrono::milliseconds body{30'000};   // from there to the body's last byte (408)
  std::chrono::milliseconds idle{75'000};   // between two requests
  std::chrono::milliseconds write{30'000};  // for the peer to take something of what we send
  std::chrono::milliseconds linger{2'000};  // for the peer to read the answer to what was refused
};

}  // namespace rescind::net

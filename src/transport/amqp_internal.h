#pragma once
// What the parts of AmqpClient share. Of transport/amqp_*.cc alone: whoever includes it has
// included rabbitmq-c.

#include <string>
#include <string_view>

#include "base/result.h"

namespace rescind::transport {

inline constexpr std::uint16_t kAmqpChannel = 1;

// What a broker says is cut, and shown as ASCII.
inline std::string shown(std::string_view text) {
  constexpr std::size_t kLongest = 300;
  std::string printable(text.substr(0, kLongest));
  for (char& c : printable) {
    if (c < ' ' || c > '~') c = '?';
  }
  return printable;
}

// Of an AMQP reply code (AMQP 0-9-1, 1.2). A queue whose node has just been started is not found,
// either, but comes.
inline ErrorCode amqp_error_code(int reply, std::string_view text) {
  switch (reply) {
    case 403:
    case 530:
      return ErrorCode::kUnauthorized;
    case 404:
      return text.find("down or inaccessible") == std::string_view::npos ? ErrorCode::kNotFound
                                                                         : ErrorCode::kUnavailable;
    case 405:
    case 406:
      return ErrorCode::kConflict;
    case 311:
      return ErrorCode::kTooLarge;
    default:
      return ErrorCode::kUnavailable;
  }
}

}  // namespace rescind::transport

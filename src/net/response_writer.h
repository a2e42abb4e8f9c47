#pragma once
// Writes the heads of responses (RFC 9112 4). Pure.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/http.h"

namespace rescind::net {

struct HeadOptions {
  enum class Body : std::uint8_t { kLength, kChunked, kUntilEnd, kUpgrade };
  Body body = Body::kLength;
  bool keep_alive = true;
  bool say_keep_alive = false;  // to an HTTP/1.0 client, who would close
  std::string_view date;        // of http_date()
};

// Appends the head; false, and nothing is appended, where the response cannot be sent: a status out
// of range, a header that is no header (response splitting) or is the server's own business.
bool append_head(std::string& out, const Response& response, const HeadOptions& options);

// True where a response of this status has a body at all (RFC 9110 6.4.1).
bool status_has_body(int status);

// IMF-fixdate (RFC 9110 5.6.7).
std::string http_date(WallTime time);

}  // namespace rescind::net

#pragma once
// An absolute http or https URL (RFC 3986, RFC 9110 4.2), strictly. A value.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rescind::net {

struct Url {
  bool https = false;
  std::string host;  // in lower case; an IPv6 address without its brackets
  std::uint16_t port = 0;
  std::string target;  // path and query, at least "/"

  // kInvalid for another scheme, user information, a fragment, a space, a control or non-ASCII
  // character, or a port out of 1..65535. Messages do not repeat the URL.
  static Result<Url> parse(std::string_view text);

  // What the Host header says: the port is left out where it is the scheme's own.
  std::string authority() const;
  // "https://example.org:8443": scheme and authority (RFC 6454).
  std::string origin() const;
  std::string to_string() const { return origin() + target; }
};

// True for localhost, 127.0.0.0/8 and ::1.
bool is_loopback(std::string_view host);

}  // namespace rescind::net

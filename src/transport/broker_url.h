#pragma once
// The URL of a feed at a broker, taken apart:
//
//   scheme://[user[:password]@]host[:port][,host[:port]…]/NAME[?option=value&…]
//
// Values; secret_in() reads a file, all else is pure. Messages repeat no values.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace rescind::transport {

struct BrokerUrl {
  std::vector<std::string> hosts;   // "host:port", an IPv6 address in its brackets
  std::optional<std::string> user;  // "" only beside a password: one without a user
  std::optional<Secret> password;
  std::string name;  // empty: none is said
  std::vector<std::pair<std::string, std::string>> options;

  // `shape` begins the message of an error: "a kafka URL is kafka://host:port/topic". The scheme is
  // the caller's to look at. `port`: where none is named.
  static Result<BrokerUrl> parse(std::string_view url, std::string_view shape, std::uint16_t port);

  bool all_loopback() const;
  // "host:port,host:port"
  std::string host_list() const;
};

// One of the hosts: "[::1]:7000" is ::1 and 7000.
std::pair<std::string, std::uint16_t> host_and_port(std::string_view host);

// The secret in a file, without the end of its line. `option`: which one named the file.
Result<Secret> secret_in(std::string_view option, const std::string& path);

// Letters, digits, '.', '_' and '-', as brokers take them in names.
bool is_plain_name(std::string_view name);

}  // namespace rescind::transport

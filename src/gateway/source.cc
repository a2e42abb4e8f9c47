#include "gateway/source.h"

#include <arpa/inet.h>

#include <array>

namespace rescind::gateway {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view last_of_header(const net::Request& request, std::string_view name) {
  std::string_view last;
  for (const net::Header& header : request.headers) {
    if (net::equal_ignoring_case(header.name, name)) last = header.value;
  }
  return trimmed(last.substr(last.rfind(',') + 1));  // npos + 1 = 0
}

// "192.0.2.1:5431", "[2001:db8::1]:5431", or either without a port.
std::string_view without_port(std::string_view address) {
  if (address.starts_with('[')) return address.substr(1, address.find(']') - 1);
  const bool one_colon = address.find(':') == address.rfind(':');
  return one_colon ? address.substr(0, address.find(':')) : address;
}

}  // namespace

std::string source_of(const net::Request& request, std::string_view trusted_header) {
  if (trusted_header.empty() && request.peer == "unix") return {};
  const std::string address(without_port(
      trusted_header.empty() ? request.peer : last_of_header(request, trusted_header)));
  std::array<char, 16> bytes{};
  if (inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return address;
  constexpr std::string_view kMapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
  const std::string_view all(bytes.data(), bytes.size());
  // An IPv4 address in IPv6's clothes (RFC 4291 2.5.5.2): all of them share one /64.
  return std::string(all.starts_with(kMapped) ? all : all.substr(0, 8));
}

}  // namespace rescind::gateway

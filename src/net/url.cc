#include "net/url.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>

#include "net/header_value.h"

namespace rescind::net {
namespace {

std::unexpected<Error> wrong(const char* what) {
  return fail(ErrorCode::kInvalid, std::string("not a usable URL: ") + what);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool is_ipv6(const std::string& text) {
  in6_addr address;
  return inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

bool is_host_name(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

bool parse_port(std::string_view text, std::uint16_t& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port != 0;
}

Result<void> parse_authority(std::string_view text, Url& url) {
  std::string host(text);
  std::ranges::transform(host, host.begin(), lower);
  std::string_view rest;
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    if (end == std::string::npos) return wrong("the address has no closing bracket");
    rest = text.substr(end + 1);
    url.host = host.substr(1, end - 1);
    if (!is_ipv6(url.host)) return wrong("no IPv6 address in brackets");
  } else {
    const std::size_t colon = std::min(host.find(':'), host.size());
    rest = text.substr(colon);
    url.host = host.substr(0, colon);
    if (!is_host_name(url.host)) return wrong("the host's name");
  }
  url.port = url.https ? 443 : 80;
  if (rest.empty()) return {};
  if (rest.front() != ':' || !parse_port(rest.substr(1), url.port)) return wrong("the port");
  return {};
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  const bool visible =
      std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F && c != '\\'; });
  if (!visible) return wrong("a space, a backslash, a control or a non-ASCII character");
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return wrong("it has to begin with https:// or http://");
  Url url;
  url.https = equal_ignoring_case(text.substr(0, scheme), "https");
  if (!url.https && !equal_ignoring_case(text.substr(0, scheme), "http")) {
    return wrong("only https and http are known");
  }
  if (text.find('#') != std::string_view::npos) return wrong("a fragment");
  text.remove_prefix(scheme + 3);
  const std::size_t end = std::min(text.find_first_of("/?"), text.size());
  const std::string_view authority = text.substr(0, end);
  if (authority.find('@') != std::string_view::npos) return wrong("user information");
  TRY(parse_authority(authority, url));
  url.target = text.substr(end);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  return url;
}

std::string Url::authority() const {
  std::string out = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (https ? 443 : 80)) out.append(":").append(std::to_string(port));
  return out;
}

std::string Url::origin() const { return (https ? "https://" : "http://") + authority(); }

bool is_loopback(std::string_view host) {
  const std::string text(host);
  in_addr address;
  if (inet_pton(AF_INET, text.c_str(), &address) == 1) return ntohl(address.s_addr) >> 24 == 127;
  return host == "::1" || equal_ignoring_case(host, "localhost");
}

}  // namespace rescind::net

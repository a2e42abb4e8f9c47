#include "authority/browser.h"

#include <algorithm>

#include "net/header_value.h"

namespace rescind::authority {
namespace {

constexpr std::string_view kAttributes = "; Path=/; Secure; HttpOnly; SameSite=Strict";

}  // namespace

Result<Secret> refresh_cookie(const net::Request& request) {
  Secret found;
  bool seen = false;
  for (const net::Header& header : request.headers) {
    if (!net::equal_ignoring_case(header.name, "Cookie")) continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      const std::string_view pair = net::trimmed(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const std::size_t equals = pair.find('=');
      if (equals == std::string_view::npos || pair.substr(0, equals) != kRefreshCookie) continue;
      if (seen) return fail(ErrorCode::kInvalid, "the refresh cookie came twice");
      seen = true;
      found = Secret(std::string(pair.substr(equals + 1)));
    }
  }
  return found;
}

std::string set_refresh_cookie(const Secret& token, std::int64_t lifetime_seconds) {
  return std::string(kRefreshCookie) + "=" + std::string(token.expose()) +
         std::string(kAttributes) + "; Max-Age=" + std::to_string(lifetime_seconds);
}

std::string clear_refresh_cookie() {
  return std::string(kRefreshCookie) + "=" + std::string(kAttributes) + "; Max-Age=0";
}

std::string origin_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  return std::string(url.substr(0, url.find('/', scheme + 3)));
}

bool comes_from_own_page(const net::Request& request, const std::vector<std::string>& origins) {
  if (!request.headers.find(kRequestHeader)) return false;
  if (request.headers.count("Origin") != 1) return false;
  const std::string_view origin = *request.headers.find("Origin");
  if (std::ranges::find(origins, origin) == origins.end()) return false;
  const auto site = request.headers.find("Sec-Fetch-Site");
  return !site || *site == "same-origin" || *site == "same-site";
}

}  // namespace rescind::authority

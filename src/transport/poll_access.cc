#include "transport/poll_access.h"

#include <algorithm>

#include "net/basic_auth.h"
#include "net/url.h"

namespace rescind::transport {
namespace {

ErrorCode code_of(int status) {
  switch (status) {
    case 400:
      return ErrorCode::kInvalid;
    case 401:
    case 403:
      return ErrorCode::kUnauthorized;
    case 404:
      return ErrorCode::kNotFound;
    case 409:
      return ErrorCode::kConflict;
    case 410:
      return ErrorCode::kGone;
    case 413:
      return ErrorCode::kTooLarge;
    case 429:
      return ErrorCode::kExhausted;
    default:
      return ErrorCode::kUnavailable;
  }
}

}  // namespace

std::string http_url(std::string_view url) {
  if (url.starts_with("poll+")) url.remove_prefix(5);
  if (url.starts_with("ws://") || url.starts_with("wss://")) {
    return "http" + std::string(url.substr(2));
  }
  return std::string(url);
}

Result<FeedAccess> checked(FeedAccess access) {
  access.url = http_url(access.url);
  if (access.url.ends_with('/')) access.url.pop_back();
  TRY_ASSIGN(const net::Url url, net::Url::parse(access.url));
  if (url.target.find('?') != std::string::npos) {
    return fail(ErrorCode::kInvalid, "a feed's URL has no query");
  }
  if (!url.https && !net::is_loopback(url.host) && !access.insecure) {
    return fail(ErrorCode::kInvalid,
                "credentials would go in the clear to " + url.host +
                    ": use https (or wss), or say `insecure` where the network itself is trusted");
  }
  return access;
}

net::HeaderList headers_for(const FeedAccess& access, std::string_view accept) {
  net::HeaderList headers{{"Accept", std::string(accept)}, {"Cache-Control", "no-store"}};
  if (!access.client_id.empty()) {
    headers.emplace_back("Authorization",
                         net::basic_authorization(access.client_id, access.client_secret.expose()));
  }
  return headers;
}

Milliseconds longest_silence(const FeedAccess& access) {
  return std::max(Milliseconds(500), 5 * access.heartbeat);
}

Error error_of(const net::Response& response) {
  std::string message = "the feed's server answers " + std::to_string(response.status);
  const std::string_view phrase = net::status_phrase(response.status);
  if (!phrase.empty()) message.append(" ").append(phrase);
  if (response.status == 401 || response.status == 403) {
    message += ": check the follower's client id and secret";
  }
  return {code_of(response.status), std::move(message)};
}

}  // namespace rescind::transport

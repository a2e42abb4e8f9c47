#include "transport/poll_access.h"

#include <algorithm>

#include "base/bytes.h"
#include "net/url.h"

namespace rescind::transport {
namespace {

// RFC 4648 4: with padding, unlike everything else here.
std::string base64(ByteView bytes) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t size = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = (group << 8U) | (j < size ? std::uint32_t{bytes[i + j]} : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out.push_back(j <= size ? kAlphabet[(group >> (18U - 6U * j)) & 63U] : '=');
    }
  }
  return out;
}

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

Result<FeedAccess> checked(FeedAccess access) {
  if (access.url.ends_with('/')) access.url.pop_back();
  TRY_ASSIGN(const net::Url url, net::Url::parse(access.url));
  if (url.target.find('?') != std::string::npos) {
    return fail(ErrorCode::kInvalid, "a feed's URL has no query");
  }
  if (!url.https && !net::is_loopback(url.host) && !access.insecure) {
    return fail(ErrorCode::kInvalid,
                "http would carry credentials in the clear to " + url.host +
                    ": use https, or say `insecure` where the network itself is trusted");
  }
  return access;
}

net::HeaderList headers_for(const FeedAccess& access, std::string_view accept) {
  net::HeaderList headers{{"Accept", std::string(accept)}, {"Cache-Control", "no-store"}};
  if (!access.client_id.empty()) {
    const Secret pair(net::percent_encode(access.client_id) + ":" +
                      net::percent_encode(access.client_secret.expose()));
    headers.emplace_back("Authorization", "Basic " + base64(bytes_of(pair.expose())));
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

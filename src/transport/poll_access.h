#pragma once
// How a follower reaches a feed server over HTTP: where, as whom, and whom it trusts. Values; pure.

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "net/http_client.h"

namespace rescind::transport {

struct FeedAccess {
  std::string url;        // https://auth.example.com/v1/feed
  std::string client_id;  // empty: without credentials
  Secret client_secret;
  std::shared_ptr<const net::TlsContext> tls;  // null: the system's authorities
  bool insecure = false;                       // http to a host that is not this one
  Milliseconds heartbeat{1000};                // the feed's; after five without a word it is cut
  std::string feed = "default";                // a broker's URL without a name means rescind.<feed>
  Milliseconds retention{3'600'000};           // the feed's: a broker set to keep less is refused
  Milliseconds receipt_timeout{15'000};        // until a receipt up a WebSocket has its answer
};

// Where the server behind a feed's URL answers requests: poll+https://… and wss://… at https://….
// Other URLs as they are.
std::string http_url(std::string_view url);

// With its http_url(). kInvalid for a URL that is no such place, has a query, or would send
// credentials and words in the clear to another host. A trailing slash is taken away.
Result<FeedAccess> checked(FeedAccess access);

// `Accept`, and `Authorization: Basic` (RFC 7617; id and secret encoded first, RFC 6749 2.3.1).
net::HeaderList headers_for(const FeedAccess& access, std::string_view accept);

// How long nothing may come before a connection counts as dead.
Milliseconds longest_silence(const FeedAccess& access);

// What an answer other than 200 and 204 means: 410 kGone, 409 kConflict, …
Error error_of(const net::Response& response);

}  // namespace rescind::transport

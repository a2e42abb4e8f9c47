#pragma once
// Fetches issuers' documents over HTTP, for JwksFetcher: https alone but for loopback addresses, no
// redirects, at most kMaxDocumentBytes, and no longer than the timeout, however slowly an answer
// comes. One thread, the loop's.

#include <chrono>

#include "issuer/issuers.h"
#include "issuer/jwks_fetcher.h"
#include "issuer/limits.h"
#include "net/http_client.h"

namespace rescind::issuer {

// `client` outlives what is asked; an answer comes on its loop, or never after its end.
// kUnavailable for any status but 200.
Get http_get(net::Client& client, std::chrono::milliseconds timeout = kFetchTimeout);

// For Issuers: a client on this loop for each issuer, which checks the server's certificate against
// the issuer's `authorities`. What comes of it ends before the loop.
GetFor http_get_on(net::Loop& loop, std::chrono::milliseconds timeout = kFetchTimeout);

}  // namespace rescind::issuer

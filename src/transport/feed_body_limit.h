#pragma once
// How much of a request to a feed server is read: for net::ServerOptions::body_limit, on the loop
// of the HTTP server. A proof of a lost history may be a manifest, and lost batches come by the
// mebibyte; that much is read only from who has shown in the head of the request that they may
// follow. All else, receipts as they mostly are included, is small, and costs nobody a look at
// credentials here.

#include <cstddef>
#include <functional>

#include "net/http.h"

namespace rescind::transport {

std::size_t feed_body_limit(const net::Request& request,
                            const std::function<bool(const net::Request&)>& may_follow);

}  // namespace rescind::transport

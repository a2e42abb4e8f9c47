#pragma once
// Refusals of the feed's endpoints, as problem details (RFC 9457). Pure, thread-safe.

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"

namespace rescind::transport {

// application/problem+json with type, title, status and detail. 503 and 429 carry Retry-After.
net::Response problem(int status, std::string_view detail);
// The status that says what the error says. What is wrong inside is not told to the outside.
net::Response problem(const Error& error);

}  // namespace rescind::transport

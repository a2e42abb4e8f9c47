#pragma once
// Where a request came from, for the budget of failed signatures (verifier/failure_budget.h). A
// client must not be able to choose it: by default it is who has connected to us; behind a gateway
// it is what the header says that the configuration names, which that gateway has to set itself.
// Pure, thread-safe.

#include <string>
#include <string_view>

#include "net/http.h"

namespace rescind::gateway {

// The bytes that stand for the client: an IPv4 address, the /64 of an IPv6 address (whoever has one
// address of it has them all), any other text as it is. Empty where there is nothing: a request
// without the header, or over a Unix socket.
//
// Of a list ("X-Forwarded-For: a, b", or the header twice) the last counts: the others came with
// the request.
std::string source_of(const net::Request& request, std::string_view trusted_header);

}  // namespace rescind::gateway

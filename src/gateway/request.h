#pragma once
// Where a request's token is: `Authorization: Bearer` alone (RFC 6750 2.1); never the query, never
// the body. More than one Authorization header, or more than one method in it, is an attack on
// whoever reads the other one: refused with 400. Pure; views point into what was given.

#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

namespace rescind::gateway {

enum class TokenProblem : std::uint8_t {
  kMissing,    // no Authorization header at all: 401 without an error code (RFC 6750 3.1)
  kAmbiguous,  // two headers, a list, or another scheme beside: 400 invalid_request
  kOther,      // another scheme, or no token in the form of RFC 6750: 401
};

// `authorization`: the values of all Authorization headers, in order.
std::expected<std::string_view, TokenProblem> find_token(
    std::span<const std::string_view> authorization);

}  // namespace rescind::gateway

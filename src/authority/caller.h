#pragma once
// Who asks: a client by its id and secret (Basic, RFC 7617, or a form's fields, RFC 6749 2.3.1), or
// a user by an access token (RFC 6750). What is missing or wrong is answered here. One thread, the
// loop's.

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "authority/surface.h"
#include "net/form.h"
#include "net/http.h"

namespace rescind::authority {

// A value, or the answer that refuses the request.
template <typename T>
using OrAnswer = std::expected<T, net::Response>;

struct Caller {
  std::string name;  // for the audit: "client:…" or "user:…"
  Roles roles;
};

// The user of the bearer token. 401 without one or with a bad one, 503 where nobody can say.
OrAnswer<Claims> user_of(Surface& surface, const net::Request& request);

// A client with this role, or an administrator's own token with the scope rescind.admin. 401, 403.
OrAnswer<Caller> caller_with(Surface& surface, const net::Request& request, Role role);

// The client that lets a user sign in: as it identifies itself, or the public one where nothing is
// said. Answers 401.
OrAnswer<KnownClient> login_client(Surface& surface, const net::Request& request,
                                   const std::string& named);

// The client of an OAuth endpoint; a public client is known by its `client_id` alone. `form` is the
// request's. Answers as RFC 6749 5.2.
OrAnswer<KnownClient> oauth_client(Surface& surface, const net::Request& request,
                                   const net::Form& form);

inline constexpr json::Limits kBodyLimits{.bytes = kMaxBodyBytes, .depth = 4, .members = 64};

// The body's JSON object. 415, 400. An empty body is an empty object where `may_be_empty`.
struct BodyOptions {
  bool may_be_empty = false;
  json::Limits limits = kBodyLimits;
};
OrAnswer<json::Value> body_object(Surface& surface, const net::Request& request,
                                  BodyOptions options = {});

// Where the request comes from, without a port; the user agent, cut to its limit.
std::string address_of(const Surface& surface, const net::Request& request);
std::string user_agent_of(const net::Request& request);

// `limit` and `after` of a list. kInvalid.
Result<store::Page> page_of(const net::Request& request);

}  // namespace rescind::authority

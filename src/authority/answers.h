#pragma once
// What the endpoints answer: JSON that nobody may keep, problem details (RFC 9457), and OAuth
// errors (RFC 6749 5.2, RFC 6750 3). Pure.

#include <string>
#include <string_view>

#include "authority/minter.h"
#include "base/json.h"
#include "base/result.h"
#include "net/http.h"
#include "revocation/position.h"

namespace rescind::authority {

// `Cache-Control: no-store`, as all answers here.
net::Response json_answer(int status, json::Writer& body);
net::Response no_content();

// By its code: 400, 401 (with a challenge), 404, 409, 410, 413, 429, 503, 504, 500; the last of a
// text of ours alone. What may be tried again says so (Retry-After).
net::Response problem_of(const Error& error);
// 401: no credentials, or none that are good. The challenges name both ways.
net::Response unauthorized(std::string_view detail);
// 401 with `Bearer error="invalid_token"`.
net::Response invalid_token(std::string_view detail);
// 403.
net::Response forbidden(std::string_view detail);

// {"error":…,"error_description":…}, 400 but for invalid_client (401 with a challenge).
net::Response oauth_error(std::string_view error, std::string_view description);
// Of a failed grant: kUnauthorized is invalid_grant, kInvalid invalid_scope; what is no fault of
// the request stays a problem (503, 429).
net::Response oauth_error_of(const Error& error);

// The members of a token answer (RFC 6749 5.1) into an open object.
void write_pair(json::Writer& out, const Pair& pair, bool with_refresh_token);

// `Revocation-Position`, which its caller may show to those who follow: they wait for it.
void tell_position(net::Response& response, revocation::Position position);

// RFC 3339, in UTC with milliseconds.
std::string rfc3339(WallTime time);
// A length of time as a JSON number of milliseconds, to the microsecond.
double in_milliseconds(std::chrono::nanoseconds time);

}  // namespace rescind::authority

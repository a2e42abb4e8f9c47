#include "authority/answers.h"

#include <array>
#include <cstdio>

#include "net/router.h"

namespace rescind::authority {
namespace {

constexpr std::string_view kBasic = "Basic realm=\"rescind\", charset=\"UTF-8\"";

void forbid_storing(net::Response& response) {
  response.headers.emplace_back("Cache-Control", "no-store");
}

net::Response problem(int status, std::string_view detail) {
  net::Response response = net::problem_response(status, detail);
  forbid_storing(response);
  return response;
}

net::Response try_again(int status, std::string_view detail) {
  net::Response response = problem(status, detail);
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

net::Response json_answer(int status, json::Writer& body) {
  net::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = body.take();
  forbid_storing(response);
  return response;
}

net::Response no_content() {
  net::Response response;
  response.status = 204;
  return response;
}

net::Response problem_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalid:
      return problem(400, error.message);
    case ErrorCode::kUnauthorized:
      return unauthorized(error.message);
    case ErrorCode::kNotFound:
      return problem(404, error.message);
    case ErrorCode::kConflict:
      return problem(409, error.message);
    case ErrorCode::kGone:
      return problem(410, error.message);
    case ErrorCode::kTooLarge:
      return problem(413, error.message);
    case ErrorCode::kExhausted:
      return try_again(429, error.message);
    case ErrorCode::kUnavailable:
      return try_again(503, error.message);
    case ErrorCode::kTimeout:
      return try_again(504, error.message);
    case ErrorCode::kCorrupt:
    case ErrorCode::kInternal:
      // What is wrong inside is for the log.
      return problem(500, "the authority could not do this");
  }
  return problem(500, "the authority could not do this");
}

net::Response unauthorized(std::string_view detail) {
  net::Response response = problem(401, detail);
  response.headers.emplace_back("WWW-Authenticate", kBasic);
  response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"rescind\"");
  return response;
}

net::Response invalid_token(std::string_view detail) {
  net::Response response = problem(401, detail);
  response.headers.emplace_back("WWW-Authenticate",
                                "Bearer realm=\"rescind\", error=\"invalid_token\"");
  return response;
}

net::Response forbidden(std::string_view detail) { return problem(403, detail); }

net::Response oauth_error(std::string_view error, std::string_view description) {
  json::Writer out;
  out.object().member("error", error).member("error_description", description).end();
  const bool is_client = error == "invalid_client";
  net::Response response = json_answer(is_client ? 401 : 400, out);
  response.headers.emplace_back("Pragma", "no-cache");  // RFC 6749 5.1
  if (is_client) response.headers.emplace_back("WWW-Authenticate", kBasic);
  return response;
}

net::Response oauth_error_of(const Error& error) {
  if (error.code == ErrorCode::kUnauthorized) return oauth_error("invalid_grant", error.message);
  if (error.code == ErrorCode::kInvalid) return oauth_error("invalid_scope", error.message);
  return problem_of(error);
}

void write_pair(json::Writer& out, const Pair& pair, bool with_refresh_token) {
  out.member("access_token", pair.access_token.expose());
  out.member("token_type", "Bearer");
  out.member("expires_in", pair.expires_at - pair.issued_at);
  if (with_refresh_token && !pair.refresh_token.empty()) {
    out.member("refresh_token", pair.refresh_token.expose());
  }
  if (!pair.session_id.empty()) {
    out.member("refresh_expires_in", pair.session_expires_at - pair.issued_at);
    out.member("session_id", std::string_view(pair.session_id));
  }
  out.member("subject", std::string_view(pair.subject));
  if (!pair.scope.empty()) out.member("scope", std::string_view(pair.scope));
}

void tell_position(net::Response& response, revocation::Position position) {
  response.headers.emplace_back("Revocation-Position", revocation::to_string(position));
}

double in_milliseconds(std::chrono::nanoseconds time) {
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(time);
  return static_cast<double>(microseconds.count()) / 1000;
}

std::string rfc3339(WallTime time) {
  using std::chrono::floor;
  const std::chrono::sys_time<Milliseconds> instant(time.time_since_epoch());
  const auto day = floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<Milliseconds> clock(instant - day);
  std::array<char, 40> text{};
  const int size = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()));
  return std::string(text.data(), static_cast<std::size_t>(size));
}

}  // namespace rescind::authority

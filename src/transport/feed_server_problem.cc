#include "transport/feed_server_problem.h"

#include "base/json.h"

namespace rescind::transport {
namespace {

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
      return 400;
    case ErrorCode::kUnauthorized:
      return 403;
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kConflict:
      return 409;
    case ErrorCode::kGone:
      return 410;
    case ErrorCode::kTooLarge:
      return 413;
    case ErrorCode::kExhausted:
      return 429;
    case ErrorCode::kUnavailable:
    case ErrorCode::kTimeout:
      return 503;
    case ErrorCode::kCorrupt:
    case ErrorCode::kInternal:
      return 500;
  }
  return 500;
}

}  // namespace

net::Response problem(int status, std::string_view detail) {
  json::Writer writer;
  writer.object()
      .member("type", "about:blank")
      .member("title", net::status_phrase(status))
      .member("status", status)
      .member("detail", detail)
      .end();
  net::Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.headers.emplace_back("Cache-Control", "no-store");
  if (status == 503 || status == 429) response.headers.emplace_back("Retry-After", "1");
  response.body = writer.take();
  return response;
}

net::Response problem(const Error& error) {
  const int status = status_of(error.code);
  if (status == 500) return problem(status, "the feed cannot be read; the server's log says why");
  return problem(status, error.message);
}

}  // namespace rescind::transport

#include "cli/api.h"

#include "net/http_client.h"

namespace rescind::cli {
namespace {

constexpr json::Limits kAnswerLimits{
    .bytes = std::size_t{16} << 20U, .depth = 16, .members = 1'000'000};

ErrorCode code_of(int status) {
  switch (status) {
    case 401:
    case 403:
      return ErrorCode::kUnauthorized;
    case 404:
      return ErrorCode::kNotFound;
    case 409:
    case 412:
      return ErrorCode::kConflict;
    case 410:
      return ErrorCode::kGone;
    case 413:
      return ErrorCode::kTooLarge;
    case 429:
      return ErrorCode::kExhausted;
    case 503:
      return ErrorCode::kUnavailable;
    case 504:
      return ErrorCode::kTimeout;
    default:
      return status < 500 ? ErrorCode::kInvalid : ErrorCode::kInternal;
  }
}

std::string described(const Reply& reply) {
  if (reply.has_body()) {
    for (const char* member : {"detail", "error_description", "title", "error"}) {
      if (std::string text = reply.text(member); !text.empty()) return text;
    }
  }
  return std::string(net::status_phrase(reply.status()));
}

}  // namespace

std::string text_of(json::Value object, std::string_view member) {
  const auto value = object.find(member);
  if (!value) return {};
  if (const auto text = value->string()) return std::string(*text);
  if (const auto number = value->integer()) return std::to_string(*number);
  if (const auto truth = value->boolean()) return *truth ? "true" : "false";
  return {};
}

Result<Reply> Reply::parse(int status, std::string body) {
  Reply reply;
  reply.status_ = status;
  reply.body_ = std::move(body);
  if (reply.body_.empty()) return reply;
  auto root = reply.reader_.parse(reply.body_, kAnswerLimits);
  if (!root && status < 400) {
    return fail(ErrorCode::kCorrupt, "the answer is no JSON: is this the authority's address?");
  }
  if (root) reply.root_ = *root;
  return reply;
}

std::string Reply::text(std::string_view member) const {
  return root_ ? text_of(*root_, member) : std::string();
}

Result<Reply> call(const Globals& globals, Call request) {
  net::FetchRequest fetch;
  fetch.method = request.method;
  fetch.url = globals.address + request.path;
  fetch.headers = std::move(request.headers);
  if (!request.authorization.empty()) {
    fetch.headers.emplace_back("Authorization", std::move(request.authorization));
  }
  if (!request.body.empty()) fetch.content_type = std::move(request.content_type);
  fetch.body = std::move(request.body);
  fetch.timeout = globals.timeout;
  fetch.max_body = kAnswerLimits.bytes;
  auto response = net::blocking_fetch(std::move(fetch));
  if (!response) {
    return fail(response.error().code, "cannot reach " + globals.address + ": " +
                                           response.error().message +
                                           "\n  is the authority running there? (--addr)");
  }
  TRY_ASSIGN(Reply reply, Reply::parse(response->status, std::move(response->body)));
  if (reply.status() >= 400) {
    return fail(code_of(reply.status()),
                request.path + ": " + std::to_string(reply.status()) + " " + described(reply));
  }
  return reply;
}

}  // namespace rescind::cli

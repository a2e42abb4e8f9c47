#pragma once
// The authority's HTTP API as commands use it: one blocking request, its answer as JSON, and every
// refusal as an Error whose message says what failed, why, and what to do. One thread.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "cli/command.h"
#include "net/http.h"

namespace rescind::cli {

// A parsed answer and its text; `root` lives as long as this. No body: `root` is null.
class Reply {
 public:
  static Result<Reply> parse(int status, std::string body);
  int status() const { return status_; }
  json::Value root() const { return *root_; }
  bool has_body() const { return root_.has_value(); }
  const std::string& body() const { return body_; }
  // A member as text: strings as they are, numbers in decimal; empty where there is none.
  std::string text(std::string_view member) const;

 private:
  int status_ = 0;
  std::string body_;
  json::Reader reader_;
  std::optional<json::Value> root_;
};

std::string text_of(json::Value object, std::string_view member);

struct Call {
  net::Method method = net::Method::kGet;
  std::string path;  // "/v1/revocations?limit=10"
  std::string body;  // JSON or a form; empty: none
  std::string content_type = "application/json";
  std::string authorization;  // "Bearer …", "Basic …"; empty: none
  net::HeaderList headers;
};

// kUnavailable, kTimeout: nobody answered. A 4xx or 5xx is the Error that its problem details
// (RFC 9457, or RFC 6749 5.2) describe.
Result<Reply> call(const Globals& globals, Call request);

}  // namespace rescind::cli

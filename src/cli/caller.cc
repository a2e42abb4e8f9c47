#include "cli/caller.h"

#include <optional>

namespace rescind::cli {

Caller::Caller(std::string url, std::string token, Milliseconds timeout)
    : url_(std::move(url)),
      token_(std::move(token)),
      timeout_(timeout),
      client_(std::make_unique<net::Client>(loop_)) {}

Result<net::Response> Caller::get() {
  std::optional<Result<net::Response>> answer;
  net::FetchRequest request;
  request.url = url_;
  if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
  request.timeout = timeout_;
  client_->fetch(std::move(request), [&](Result<net::Response> response) {
    answer = std::move(response);
    loop_.stop();
  });
  loop_.run();
  return *std::move(answer);
}

Result<net::Response> Caller::get_anew() {
  client_ = std::make_unique<net::Client>(loop_);
  return get();
}

std::string told_reason(const net::Response& refusal) {
  static constexpr std::string_view kMember = "error_description=\"";
  const std::string_view challenge = refusal.header("WWW-Authenticate").value_or("");
  const std::size_t begin = challenge.find(kMember);
  if (begin == std::string_view::npos) return "refused";
  const std::string_view rest = challenge.substr(begin + kMember.size());
  return std::string(rest.substr(0, rest.find('"')));
}

}  // namespace rescind::cli

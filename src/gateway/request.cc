#include "gateway/request.h"

#include <algorithm>

namespace rescind::gateway {
namespace {

constexpr std::string_view kScheme = "bearer";

bool is_bearer(std::string_view value) {
  if (value.size() <= kScheme.size() || value[kScheme.size()] != ' ') return false;
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(value.substr(0, kScheme.size()), kScheme, {}, lower);
}

bool is_token_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~+/=").find(c) != std::string_view::npos;
}

}  // namespace

std::expected<std::string_view, TokenProblem> find_token(
    std::span<const std::string_view> authorization) {
  if (authorization.empty()) return std::unexpected(TokenProblem::kMissing);
  if (authorization.size() > 1) return std::unexpected(TokenProblem::kAmbiguous);
  std::string_view value = authorization.front();
  if (value.find(',') != std::string_view::npos) {
    return std::unexpected(TokenProblem::kAmbiguous);
  }
  if (!is_bearer(value)) return std::unexpected(TokenProblem::kOther);
  value.remove_prefix(kScheme.size());
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  if (value.empty() || !std::ranges::all_of(value, is_token_character)) {
    return std::unexpected(TokenProblem::kOther);
  }
  return value;
}

}  // namespace rescind::gateway

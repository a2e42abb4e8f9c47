#pragma once
// OAuth scopes (RFC 6749 3.3): space-separated words. Pure.

#include <string_view>
#include <vector>

namespace rescind::authority {

// With it an administrator's own access token may do what an administrator's client may: a token
// that was given to some service for its users' sake may not.
inline constexpr std::string_view kAdminScope = "rescind.admin";

// True where each word of `wanted` is one of `granted`; the empty scope is within every other.
bool scope_within(std::string_view wanted, std::string_view granted);
// %x21 / %x23-5B / %x5D-7E words, one space between them, at most kMaxScopeBytes.
bool is_scope(std::string_view text);
// The words; views into `text`.
std::vector<std::string_view> words_of(std::string_view text);

}  // namespace rescind::authority

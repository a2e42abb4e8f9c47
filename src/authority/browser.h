#pragma once
// Browser sign-in: the refresh token in a cookie that no script reads and no other site sends
// (`__Host-`, HttpOnly, Secure, SameSite=Strict), and the checks that a request with it comes from
// our own pages. SameSite alone is not relied upon: a request has to name an accepted `Origin`,
// must not be called cross-site by the browser, and carries a header that a form cannot send. Pure.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "net/http.h"

namespace rescind::authority {

inline constexpr std::string_view kRefreshCookie = "__Host-rescind_refresh";
inline constexpr std::string_view kRequestHeader = "X-Rescind-Request";

// The cookie's value; empty where there is none. kInvalid where it comes more than once.
Result<Secret> refresh_cookie(const net::Request& request);

// Values of Set-Cookie.
std::string set_refresh_cookie(const Secret& token, std::int64_t lifetime_seconds);
std::string clear_refresh_cookie();

// "https://auth.example:8443" of a URL.
std::string origin_of(std::string_view url);
// Whether the browser's page may use the cookie.
bool comes_from_own_page(const net::Request& request, const std::vector<std::string>& origins);

}  // namespace rescind::authority

#pragma once
// The values of the few headers whose inside we read. Views point into what was given. Pure,
// thread-safe, no allocation.

#include <optional>
#include <string_view>
#include <utility>

namespace rescind::net {

// RFC 9110 5.6.2: a non-empty token.
bool is_token(std::string_view text);
// ASCII letters without regard to case.
bool equal_ignoring_case(std::string_view a, std::string_view b);
// Without spaces and tabs at both ends.
std::string_view trimmed(std::string_view text);

// True where the comma list (`Connection`, `Upgrade`) has this element, whatever its case.
bool list_contains(std::string_view list, std::string_view element);

// True where `content_type` is this media type ("application/json"), whatever its case and
// parameters (RFC 9110 8.3.1). A `charset` other than UTF-8 makes it false.
bool is_media_type(std::string_view content_type, std::string_view type);

// `Authorization: <scheme> 1*SP <credentials>` (RFC 9110 11.4). The scheme is a token in any case;
// credentials are not empty and hold no space or control character: neither a list of two schemes
// nor a parameter list passes.
struct Credentials {
  std::string_view scheme;
  std::string_view value;
};
std::optional<Credentials> parse_authorization(std::string_view value);
// The token of `Bearer` (RFC 6750 2.1), in its alphabet (b64token).
std::optional<std::string_view> bearer_token(std::string_view authorization);

}  // namespace rescind::net

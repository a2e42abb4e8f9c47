#pragma once
// `Authorization: Basic` (RFC 7617) as OAuth clients use it: id and secret are form-encoded before
// they are joined (RFC 6749 2.3.1). Pure, thread-safe.

#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace rescind::net {

// The header's value, scheme included.
std::string basic_authorization(std::string_view id, std::string_view secret);

struct BasicCredentials {
  std::string id;
  Secret secret;
};
// `credentials` is what follows the scheme. Nothing where it is no padded base64, has no colon, or
// a bad escape.
std::optional<BasicCredentials> parse_basic(std::string_view credentials);

}  // namespace rescind::net

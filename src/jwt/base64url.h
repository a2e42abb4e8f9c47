#pragma once
// Strict base64url (RFC 4648 5, RFC 7515 2): no padding, no white space, the URL alphabet alone,
// and the unused bits of the last character zero, so that each byte string has exactly one spelling
// (86 characters have 16 in a lenient decoder). Pure, thread-safe.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace rescind::jwt {

std::string base64url_encode(ByteView bytes);
inline std::string base64url_encode(std::string_view text) {
  return base64url_encode(bytes_of(text));
}

// Replaces `out` by the decoded bytes; false where the text is not canonical base64url. The
// capacity of `out` is reused: no allocation once it has grown.
bool base64url_decode(std::string_view text, std::string& out);
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace rescind::jwt

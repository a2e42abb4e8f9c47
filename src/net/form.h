#pragma once
// Percent-encoding (RFC 3986 2.1) and application/x-www-form-urlencoded (WHATWG URL 5), strictly:
// what two readers could read in two ways is refused. Pure, thread-safe.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace rescind::net {

// Nothing where an escape is cut short or no hexadecimal, or where the result holds a NUL.
std::optional<std::string> percent_decode(std::string_view text);
// All but the unreserved characters (RFC 3986 2.3) are escaped.
std::string percent_encode(std::string_view text);

// The fields of a form or a query, decoded, in the order sent; no name stands twice.
class Form {
 public:
  // kInvalid for a bad escape, an empty name or a name that stands twice (RFC 6749 3.1); kTooLarge
  // past kMaxFormFields. `+` is a space. A field without `=` has an empty value. Messages name no
  // value.
  static Result<Form> parse(std::string_view text);

  std::optional<std::string_view> find(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// Encodes for a request: percent_encode() of names and values, joined by `&`.
std::string encode_form(const std::vector<std::pair<std::string_view, std::string_view>>& fields);

}  // namespace rescind::net

#include "net/header_value.h"

#include <algorithm>

namespace rescind::net {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_alnum(c) || is_one_of(c, "!#$%&'*+-.^_`|~");
  });
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_one_of(text.front(), " \t")) text.remove_prefix(1);
  while (!text.empty() && is_one_of(text.back(), " \t")) text.remove_suffix(1);
  return text;
}

bool list_contains(std::string_view list, std::string_view element) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    if (equal_ignoring_case(trimmed(list.substr(0, end)), element)) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

bool is_media_type(std::string_view content_type, std::string_view type) {
  std::size_t end = std::min(content_type.find(';'), content_type.size());
  if (!equal_ignoring_case(trimmed(content_type.substr(0, end)), type)) return false;
  while (end < content_type.size()) {
    content_type.remove_prefix(end + 1);
    end = std::min(content_type.find(';'), content_type.size());
    const std::string_view parameter = trimmed(content_type.substr(0, end));
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    if (!equal_ignoring_case(parameter.substr(0, equals), "charset")) continue;
    const std::string_view charset = parameter.substr(std::min(equals + 1, parameter.size()));
    if (!equal_ignoring_case(charset, "utf-8") && !equal_ignoring_case(charset, "\"utf-8\"")) {
      return false;
    }
  }
  return true;
}

std::optional<Credentials> parse_authorization(std::string_view value) {
  const std::size_t space = value.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::string_view scheme = value.substr(0, space);
  value.remove_prefix(space);
  while (value.starts_with(' ')) value.remove_prefix(1);
  if (!is_token(scheme) || value.empty()) return std::nullopt;
  if (!std::ranges::all_of(value, [](char c) { return c > 0x20 && c < 0x7F; })) {
    return std::nullopt;
  }
  return Credentials{scheme, value};
}

std::optional<std::string_view> bearer_token(std::string_view authorization) {
  const auto credentials = parse_authorization(authorization);
  if (!credentials || !equal_ignoring_case(credentials->scheme, "bearer")) return std::nullopt;
  std::string_view body = credentials->value;
  while (body.ends_with('=')) body.remove_suffix(1);
  const bool good = !body.empty() && std::ranges::all_of(body, [](char c) {
    return is_alnum(c) || is_one_of(c, "-._~+/");
  });
  return good ? std::optional(credentials->value) : std::nullopt;
}

}  // namespace rescind::net

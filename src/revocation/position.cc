#include "revocation/position.h"

#include <charconv>

namespace rescind::revocation {
namespace {

std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string to_string(Position position) {
  return std::to_string(position.term) + '.' + std::to_string(position.number);
}

std::optional<Position> parse_position(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto term = parse_number(text.substr(0, dot));
  const auto number = parse_number(text.substr(dot + 1));
  if (!term || !number) return std::nullopt;
  return Position{.term = *term, .number = *number};
}

}  // namespace rescind::revocation

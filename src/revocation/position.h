#pragma once
// How far a feed goes, and when something was issued in the order of its issuer. Values.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rescind::revocation {

// (term, number), written "term.number", compared as such. The first batch of a feed is number 1;
// number 0 is "before the first".
struct Position {
  std::uint64_t term = 0;
  std::uint64_t number = 0;

  auto operator<=>(const Position&) const = default;
};

std::string to_string(Position position);
// Canonical decimal only: no sign, no leading zero, no space, both within 64 bits.
std::optional<Position> parse_position(std::string_view text);

// The order in which an issuer's things were issued: a position for our own issuers, a time in
// milliseconds for foreign ones. Which of the two is in the issuer's rules and never changes, so
// both fit one type: a time is {0, ms}. The default is older than everything.
using Stamp = Position;
constexpr Stamp stamp_of_ms(std::uint64_t ms) { return Stamp{0, ms}; }

}  // namespace rescind::revocation

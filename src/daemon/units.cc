#include "daemon/units.h"

#include <array>
#include <charconv>
#include <limits>

namespace rescind::daemon {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// From the smallest to the largest.
constexpr std::array kDurations{Unit{"ms", 1}, Unit{"s", 1'000}, Unit{"m", 60'000},
                                Unit{"h", 3'600'000}, Unit{"d", 86'400'000}};
constexpr std::array kSizes{Unit{"B", 1}, Unit{"KiB", 1ULL << 10}, Unit{"MiB", 1ULL << 20},
                            Unit{"GiB", 1ULL << 30}, Unit{"TiB", 1ULL << 40}};

template <typename Units>
std::optional<std::uint64_t> parse(std::string_view text, const Units& units, std::uint64_t most) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc()) return std::nullopt;
  const std::string_view name(rest, static_cast<std::size_t>(end - rest));
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    if (number > most / unit.factor) return std::nullopt;
    return number * unit.factor;
  }
  return std::nullopt;
}

template <typename Units>
std::string format(std::uint64_t value, const Units& units, const Unit& zero) {
  const Unit* best = &zero;
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.factor == 0) best = &unit;
  }
  return std::to_string(value / best->factor) + std::string(best->name);
}

}  // namespace

std::optional<Milliseconds> parse_duration(std::string_view text) {
  const auto ms = parse(text, kDurations, std::numeric_limits<std::int64_t>::max());
  if (!ms) return std::nullopt;
  return Milliseconds(static_cast<std::int64_t>(*ms));
}

std::string duration_text(Milliseconds duration) {
  return format(static_cast<std::uint64_t>(duration.count()), kDurations, kDurations[1]);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  return parse(text, kSizes, std::numeric_limits<std::uint64_t>::max());
}

std::string size_text(std::uint64_t bytes) { return format(bytes, kSizes, kSizes[0]); }

}  // namespace rescind::daemon

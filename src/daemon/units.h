#pragma once
// Durations and sizes as people write them in configuration: `250ms`, `30s`, `15m`, `12h`, `30d`,
// and `512B`, `64KiB`, `64MiB`, `2GiB`. One number and one unit, so that a value has one reading; a
// bare number is refused. Pure functions, thread-safe.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace rescind::daemon {

// Nothing where the text is no duration or more than ≈ 292 million years.
std::optional<Milliseconds> parse_duration(std::string_view text);
// In the largest unit that is exact: 900000 ms is `15m`.
std::string duration_text(Milliseconds duration);

// Bytes; nothing where the text is no size or does not fit 64 bits.
std::optional<std::uint64_t> parse_size(std::string_view text);
std::string size_text(std::uint64_t bytes);

}  // namespace rescind::daemon

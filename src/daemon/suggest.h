#pragma once
// "Did you mean …?" for words that people type: keys of a configuration, names of commands.
// Pure, thread-safe; the cost is the product of the lengths, for each candidate.

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rescind::daemon {

// How many letters have to be inserted, deleted, replaced or swapped with their neighbour.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate nearest to `word`, where one is near enough to be meant.
std::optional<std::string> suggest(std::string_view word, std::span<const std::string> candidates);

// `; did you mean "x"?`, or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

}  // namespace rescind::daemon

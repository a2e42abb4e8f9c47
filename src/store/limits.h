#pragma once
// The limits of this folder, each tested at it and one past it.

#include <chrono>
#include <cstddef>

namespace rescind::store {

inline constexpr std::size_t kMaxPage = 1000;  // rows of a page; a larger one is cut to this

// What read_after() returns at once, beyond its first batch.
inline constexpr std::size_t kMaxReadBytes = std::size_t{8} << 20U;

// Rows that one round of housekeeping lets go, of each table.
inline constexpr std::size_t kMaxForgottenRows = 1024;

// No verifier may be configured to a greater leeway; in every `until`.
inline constexpr std::chrono::seconds kMaxLeeway{60};

// How far ahead the bound of our `iat`s is raised, so that few mintings write it.
inline constexpr std::chrono::seconds kBoundStep{60};

// How often the committer looks for what may go, and at the clock, when nobody calls.
inline constexpr std::chrono::seconds kHousekeepingEvery{1};

// A clock that was set further off the time of the term begins a new one.
inline constexpr std::chrono::seconds kClockSlack{1};

}  // namespace rescind::store

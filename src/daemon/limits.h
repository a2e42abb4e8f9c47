#pragma once
// The limits of this folder. Past each of them there is an error or a visible stand-in, never a
// silent loss.

#include <cstddef>

namespace rescind::daemon {

// A configuration file, and a file that holds one secret.
inline constexpr std::size_t kMaxConfigBytes = 256 * 1024;
inline constexpr std::size_t kMaxSecretBytes = 64 * 1024;
// Values and keys of a configuration file, counted together; how deep it may nest.
inline constexpr std::size_t kMaxConfigNodes = 20'000;
inline constexpr std::size_t kMaxConfigDepth = 16;
// Findings of one load that are told; more of them are counted.
inline constexpr std::size_t kMaxConfigFindings = 20;
// Series (sets of label values) of one metric; further ones are counted together as "other".
inline constexpr std::size_t kMaxSeries = 500;
// Bytes of one value in a log line; what is longer ends in "…".
inline constexpr std::size_t kMaxLogValueBytes = 1024;

}  // namespace rescind::daemon

#pragma once
// What an issuer may make us read, and for how long. Each is tested at the limit and one past it.

#include <chrono>
#include <cstddef>

namespace rescind::issuer {

// A discovery document or a key set; 64 keys at most come with it (jwt::KeySet::parse).
inline constexpr std::size_t kMaxDocumentBytes = std::size_t{512} << 10U;
// For a whole answer, from the first byte sent to the last one read.
inline constexpr std::chrono::milliseconds kFetchTimeout{5'000};

}  // namespace rescind::issuer

#pragma once
// What a caller may make the authority keep or do. Each is tested at the limit and one past it.

#include <chrono>
#include <cstddef>

namespace rescind::authority {

inline constexpr std::size_t kMaxBodyBytes = std::size_t{16} << 10U;  // of a JSON or form body
inline constexpr std::size_t kMaxOrders = 1000;  // revocations that one request may carry
inline constexpr std::size_t kMaxOrdersBytes = std::size_t{512} << 10U;  // of its body
inline constexpr std::size_t kMaxNameBytes = 256;                        // what a user types
inline constexpr std::size_t kMaxSubjectBytes = 255;
inline constexpr std::size_t kMaxClientIdBytes = 128;
inline constexpr std::size_t kMaxEmailBytes = 254;
inline constexpr std::size_t kMinPasswordBytes = 8;  // NIST SP 800-63B 5.1.1
inline constexpr std::size_t kMaxPasswordBytes =
    1024;  // argon2id hashes any length; a body's bound
inline constexpr std::size_t kMaxScopeBytes = 1024;
inline constexpr std::size_t kMaxAudiences = 16;
inline constexpr std::size_t kMaxAudienceBytes = 512;
inline constexpr std::size_t kMaxUserAgentBytes = 256;  // longer ones are cut, not refused
inline constexpr std::size_t kMaxNoteBytes = 512;
inline constexpr std::size_t kMaxPolicyBytes = 64;

inline constexpr std::size_t kDefaultPage = 100;
inline constexpr std::size_t kMaxPage = 1000;
// Rows that one sign-out marks as ended; what is beyond them the cut refuses all the same.
inline constexpr std::size_t kMaxSessionsEnded = 1000;
inline constexpr std::size_t kMaxSessionsScanned = 10'000;

inline constexpr std::size_t kMaxFollowers = 10'000;
inline constexpr std::size_t kMaxWaiters = 1000;
inline constexpr std::chrono::seconds kMaxWait{30};

}  // namespace rescind::authority

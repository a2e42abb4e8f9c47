#pragma once
// What the ends of a road keep, send and accept at most. Each is tested at the limit and one past
// it.

#include <chrono>
#include <cstddef>

#include "feed/batch.h"
#include "feed/manifest.h"

namespace rescind::transport {

// A feed server's memory of the newest batches: whichever is reached first.
inline constexpr std::size_t kMaxTailBatches = 4096;
inline constexpr std::size_t kMaxTailBytes = std::size_t{8} << 20U;

// What is read from the log, and sent, in one go: many small batches, or one that is larger.
inline constexpr std::size_t kChunkBytes = std::size_t{256} << 10U;
inline constexpr std::size_t kMaxChunkBatches = 512;

// A long poll waits no longer, whatever it asks for.
inline constexpr std::chrono::milliseconds kMaxPollWait{60'000};

// An answer to a long poll: a chunk, or one batch of the largest size, a heartbeat, and JSON.
inline constexpr std::size_t kMaxPollBytes = std::size_t{2} << 20U;
// A receipt bears a signed word as its proof where histories disagree: a manifest, at its largest.
inline constexpr std::size_t kMaxReportBytes = feed::kMaxManifestBytes + (std::size_t{16} << 10U);
// Up a WebSocket goes what bears a word of the feed at most; a manifest goes by POST.
inline constexpr std::size_t kMaxSocketReportBytes =
    feed::kMaxBatchBytes + (std::size_t{16} << 10U);
inline constexpr std::size_t kMaxFollowerNameBytes = 256;
inline constexpr std::size_t kMaxRoadBytes = 16;
inline constexpr std::chrono::microseconds kMaxAge = std::chrono::hours(24 * 365);

// Over one WebSocket, between two heartbeats: a follower sends the next receipt when the last one
// has been answered, so who sends more is none.
inline constexpr std::size_t kMaxReceiptsPerHeartbeat = 100;
// Heartbeats without a pong, or anything else, from a WebSocket's peer.
inline constexpr std::size_t kMaxSilentHeartbeats = 30;

// Snapshots whose segments are still served: a follower may be at the older one.
inline constexpr std::size_t kKeptSnapshots = 3;
// Of one snapshot; 4,096 segments of 4 MiB are more than 500 million entries.
inline constexpr std::size_t kMaxSegments = 4096;
// Fetched at a time.
inline constexpr std::size_t kParallelSegments = 8;

}  // namespace rescind::transport

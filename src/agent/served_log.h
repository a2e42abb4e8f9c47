#pragma once
// The batches that an agent has received along the chain, byte for byte, for who follows it: the
// newest, as many as its bounds allow. Starts at a place (a checkpoint's, a snapshot's) and grows
// at both ends: forward with each link, backward with what upstream still has (backfill.h). In
// memory: after a restart upstream fills it again.
//
// Has no snapshots of its own, since it cannot sign: those of upstream are passed on. One thread.

#include <deque>
#include <span>
#include <string>
#include <vector>

#include "feed/chain.h"
#include "feed/ports.h"

namespace rescind::agent {

class ServedLog : public feed::BatchLog {
 public:
  struct Options {
    std::size_t max_bytes = std::size_t{64} << 20U;
    Milliseconds retention{3'600'000};  // in the authority's time, from its newest word back
  };
  explicit ServedLog(Options options) : options_(options) {}

  // From here on: all batches are forgotten. Its terms tell what is of this history; those batches
  // that are not (the authority has lost them) are returned, oldest first.
  std::vector<std::string> start_at(const feed::Manifest& place);
  // The next link, which the follower has found genuine.
  void append(const feed::Received& link);
  // The authority's time of a heartbeat that names the head.
  void heard(WallTime at);
  // Batches that lead up to floor(), oldest first: the hash that each names vouches for the one
  // before it. kCorrupt: they do not; kTooLarge: more than the bounds allow. Then nothing changes.
  Result<void> prepend(std::span<const std::string> words);

  // kUnavailable before it has a place. kGone and kConflict as the port says.
  Result<feed::Head> head() override;
  Result<std::vector<feed::Sealed>> read_after(feed::Position after, std::size_t limit) override;
  // kUnavailable.
  Result<feed::Snapshot> snapshot() override;

  // What the first batch follows: what comes after it can be read.
  const feed::Place& floor() const { return floor_; }
  // The position `count` batches before the floor, as far as there are so many.
  feed::Position before_floor(std::uint64_t count) const;
  std::size_t batches() const { return kept_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Kept {
    feed::Sealed sealed;
    WallTime at{};
  };
  void trim();

  const Options options_;
  std::vector<feed::Term> terms_;
  feed::Place floor_;
  std::deque<Kept> kept_;  // consecutive, from the one after the floor to the head
  std::size_t bytes_ = 0;
  WallTime at_{};
  bool started_ = false;
};

}  // namespace rescind::agent

#pragma once
// What a feed server serves for the start of followers: the newest snapshot's manifest, and the
// segments of it and of the ones before it, by digest. Making one may take long, so it is read on a
// loop of its own where the server has one, and by one reader at a time for however many ask.
// One thread, that of the server's loop.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "feed/ports.h"
#include "net/loop.h"

namespace rescind::transport {

class FeedSnapshots : public std::enable_shared_from_this<FeedSnapshots> {
 public:
  using Text = std::shared_ptr<const std::string>;
  using ThenManifest = std::move_only_function<void(Result<Text>)>;

  struct Source {
    feed::BatchLog& log;  // used on `loop` alone
    net::Loop& loop;
    Milliseconds fresh_for;  // how long one is given out before the log is asked again
  };
  FeedSnapshots(net::Loop& loop, Source source) : loop_(loop), source_(source) {}

  // The manifest of a recent snapshot; later, on the loop. Errors as BatchLog::snapshot.
  void manifest(ThenManifest then);
  // Null where no snapshot given out lately has it.
  Text segment(const Digest& digest) const;

 private:
  struct DigestHash {
    std::size_t operator()(const Digest& digest) const;
  };
  struct Kept {
    Text manifest;
    std::unordered_map<Digest, Text, DigestHash> segments;
  };

  void read();
  void on_read(Result<Kept> kept);

  net::Loop& loop_;
  Source source_;
  std::deque<Kept> kept_;  // newest first
  bool fresh_ = false;
  bool reading_ = false;
  std::vector<ThenManifest> waiting_;
};

}  // namespace rescind::transport

#pragma once
// What a feed server serves for the start of followers: the newest snapshot's manifest, and the
// segments of it and of the ones before it, by digest. Making one may take long, so it is read on a
// loop of its own where the server has one, and asked for once however many wait.
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

  // A snapshot, and the digests of its segments, which have been found to be right.
  struct Named {
    feed::Snapshot snapshot;
    std::vector<Digest> names;
  };
  // Asks for one; the answer comes on the server's loop, once, or never after the end.
  using Ask = std::function<void(std::function<void(Result<Named>)>)>;
  // A snapshot of `log`, which is used on `loop` alone; `home` is the server's.
  static Ask from_log(feed::BatchLog& log, net::Loop& loop, net::Loop& home);

  // `fresh_for`: how long one is given out before the next is asked for.
  FeedSnapshots(net::Loop& loop, Ask ask, Milliseconds fresh_for)
      : loop_(loop), ask_(std::move(ask)), fresh_for_(fresh_for) {}

  // The manifest of a recent snapshot; later, on the loop. Errors as BatchLog::snapshot.
  void manifest(ThenManifest then);
  // Null where no snapshot given out lately has it.
  Text segment(const Digest& digest) const;
  // The next who asks for the manifest gets a newer snapshot.
  void renew() { fresh_ = false; }

 private:
  struct DigestHash {
    std::size_t operator()(const Digest& digest) const;
  };
  struct Kept {
    Text manifest;
    std::unordered_map<Digest, Text, DigestHash> segments;
  };

  void read();
  void on_read(Result<Named> read);

  net::Loop& loop_;
  const Ask ask_;
  const Milliseconds fresh_for_;
  std::deque<Kept> kept_;  // newest first
  bool fresh_ = false;
  std::uint64_t made_ = 0;
  bool reading_ = false;
  std::vector<ThenManifest> waiting_;
};

}  // namespace rescind::transport

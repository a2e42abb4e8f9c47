#include "transport/feed_server_snapshots.h"

#include <cstring>
#include <utility>

#include "transport/limits.h"

namespace rescind::transport {

std::size_t FeedSnapshots::DigestHash::operator()(const Digest& digest) const {
  std::size_t hash = 0;  // the digests are of our own snapshots: nobody can make them collide
  std::memcpy(&hash, digest.data(), sizeof hash);
  return hash;
}

void FeedSnapshots::manifest(ThenManifest then) {
  if (fresh_) return then(kept_.front().manifest);
  waiting_.push_back(std::move(then));
  if (!std::exchange(reading_, true)) read();
}

FeedSnapshots::Ask FeedSnapshots::from_log(feed::BatchLog& log, net::Loop& loop, net::Loop& home) {
  return [&log, &loop, &home](std::function<void(Result<Named>)> then) {
    loop.post([&log, &home, then = std::move(then)]() mutable {
      Result<feed::Snapshot> snapshot = log.snapshot();
      Result<Named> named = Named{};
      if (!snapshot) {
        named = std::unexpected(snapshot.error());
      } else {
        for (const std::string& segment : snapshot->segments) {
          named->names.push_back(sha256(segment));
        }
        named->snapshot = *std::move(snapshot);
      }
      home.post(
          [then = std::move(then), named = std::move(named)]() mutable { then(std::move(named)); });
    });
  };
}

void FeedSnapshots::read() {
  ask_([weak = weak_from_this()](Result<Named> read) {
    if (const auto self = weak.lock()) self->on_read(std::move(read));
  });
}

void FeedSnapshots::on_read(Result<Named> read) {
  reading_ = false;
  Result<Text> manifest = Text();
  if (read) {
    Kept kept;
    kept.manifest = std::make_shared<const std::string>(std::move(read->snapshot.manifest));
    for (std::size_t i = 0; i < read->names.size(); ++i) {
      Text known = segment(read->names[i]);
      kept.segments.emplace(read->names[i], known ? std::move(known)
                                                  : std::make_shared<const std::string>(
                                                        std::move(read->snapshot.segments[i])));
    }
    manifest = kept.manifest;
    if (!kept_.empty() && *kept_.front().manifest == **manifest) kept_.pop_front();
    kept_.push_front(std::move(kept));
    if (kept_.size() > kKeptSnapshots) kept_.pop_back();
    fresh_ = true;
    const std::uint64_t made = ++made_;
    loop_.after(fresh_for_, [weak = weak_from_this(), made] {
      if (const auto self = weak.lock(); self && self->made_ == made) self->fresh_ = false;
    });
  } else {
    manifest = std::unexpected(read.error());
  }
  for (ThenManifest& then : std::exchange(waiting_, {})) then(manifest);
}

FeedSnapshots::Text FeedSnapshots::segment(const Digest& digest) const {
  for (const Kept& kept : kept_) {
    const auto place = kept.segments.find(digest);
    if (place != kept.segments.end()) return place->second;
  }
  return nullptr;
}

}  // namespace rescind::transport

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

void FeedSnapshots::read() {
  source_.loop.post([&loop = loop_, &log = source_.log, weak = weak_from_this()] {
    Result<feed::Snapshot> snapshot = log.snapshot();
    Result<Kept> kept = Kept{};
    if (!snapshot) {
      kept = std::unexpected(snapshot.error());
    } else {
      kept->manifest = std::make_shared<const std::string>(std::move(snapshot->manifest));
      for (std::string& segment : snapshot->segments) {
        const Digest digest = sha256(segment);
        kept->segments.emplace(digest, std::make_shared<const std::string>(std::move(segment)));
      }
    }
    loop.post([weak, kept = std::move(kept)]() mutable {
      if (const auto self = weak.lock()) self->on_read(std::move(kept));
    });
  });
}

void FeedSnapshots::on_read(Result<Kept> kept) {
  reading_ = false;
  Result<Text> manifest = Text();
  if (kept) {
    manifest = kept->manifest;
    for (auto& [digest, text] : kept->segments) {
      if (Text known = segment(digest)) text = std::move(known);
    }
    if (!kept_.empty() && *kept_.front().manifest == **manifest) kept_.pop_front();
    kept_.push_front(*std::move(kept));
    if (kept_.size() > kKeptSnapshots) kept_.pop_back();
    fresh_ = true;
    loop_.after(source_.fresh_for, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->fresh_ = false;
    });
  } else {
    manifest = std::unexpected(kept.error());
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

#include "feed/publisher.h"

#include <algorithm>

#include "feed/keys.h"
#include "feed/manifest.h"

namespace rescind::feed {
namespace {

constexpr Milliseconds kFirstBackoff{100};
constexpr Milliseconds kHeadLags{100};  // the log's head is behind what was read from it
constexpr unsigned kMostDoublings = 6;  // 6.4 s

}  // namespace

Result<std::size_t> Transport::publish_all(std::span<const Sealed> batches) {
  for (std::size_t count = 0; count < batches.size(); ++count) {
    if (auto published = publish(batches[count]); !published) {
      if (count > 0) return count;
      return std::unexpected(std::move(published).error());
    }
  }
  return batches.size();
}

Publisher::Publisher(Options options, BatchLog& log, Transport& transport,
                     std::shared_ptr<const jwt::SigningKey> key, Random& random, Log& events,
                     Lease* lease)
    : options_(std::move(options)),
      log_(log),
      transport_(transport),
      key_(std::move(key)),
      random_(random),
      events_(events),
      lease_(lease),
      published_(options_.start) {}

bool Publisher::ready() const { return ready_; }
Position Publisher::published() const { return published_; }

BootTime Publisher::step(Now now) {
  if (now.boot < not_before_) return not_before_;
  const auto done = publish_due(now);
  if (!done) return back_off(done.error(), now);
  if (failures_ > 0) events_.info("transport takes batches again", {{"failures", failures_}});
  failures_ = 0;
  return *done;
}

BootTime Publisher::back_off(const Error& error, Now now) {
  if (failures_ == 0) events_.warning("transport refuses", {{"why", error.message}});
  const Milliseconds longest = kFirstBackoff * (1U << std::min(failures_, kMostDoublings));
  ++failures_;
  const auto half = static_cast<std::uint64_t>(longest.count() / 2);
  not_before_ = now.boot + Milliseconds(static_cast<std::int64_t>(half + random_.below(half + 1)));
  return not_before_;
}

Result<void> Publisher::hold_lease(Now now) {
  if (lease_ == nullptr || now.boot < next_lease_) return {};
  if (held_) {
    TRY_ASSIGN(held_, lease_->advance(published_));
  }
  if (!held_) {
    TRY_ASSIGN(const auto position, lease_->acquire());
    held_ = position.has_value();
    ready_ = !held_;  // who has it publishes; who gets it has to prove itself first
    published_ = position.value_or(published_);
  }
  next_lease_ = now.boot + options_.renew_lease_every;
  return {};
}

void Publisher::stop() {
  if (!held_) return;
  held_ = false;
  // Where this fails, the lease ends by itself, and what was published since is repeated.
  (void)lease_->advance(published_);
  (void)lease_->release();
}

Result<BootTime> Publisher::publish_due(Now now) {
  TRY(hold_lease(now));
  if (lease_ != nullptr && !held_) return next_lease_;
  TRY_ASSIGN(const std::size_t count, publish_batches());
  if (count > 0) next_heartbeat_ = now.boot + options_.heartbeat;
  if (count == options_.batches_per_step) return now.boot;
  TRY_ASSIGN(const BootTime heartbeat, publish_heartbeat(now));
  if (!ready_) return heartbeat;
  TRY_ASSIGN(const BootTime snapshot, publish_snapshot(now));
  return std::min(heartbeat, snapshot);
}

Result<BootTime> Publisher::publish_heartbeat(Now now) {
  if (now.boot < next_heartbeat_ && ready_) return next_heartbeat_;
  TRY_ASSIGN(const Head head, log_.head());
  // A head's heartbeat comes only after that head: a batch that was committed just now goes first.
  if (head.position > published_) return now.boot;
  if (head.position < published_) return now.boot + kHeadLags;
  const Heartbeat heartbeat{.issuer = options_.issuer,
                            .feed = options_.feed,
                            .head = head.position,
                            .hash = head.hash,
                            .at = head.at};
  TRY(transport_.publish_heartbeat(seal(heartbeat, *key_)));
  ready_ = true;
  next_heartbeat_ = now.boot + options_.heartbeat;
  return next_heartbeat_;
}

Result<BootTime> Publisher::publish_snapshot(Now now) {
  if (!transport_.keeps_snapshots()) return BootTime::max();
  const BootTime due = published_ == snapshot_of_ ? snapshot_again_ : next_snapshot_;
  if (now.boot < due) return due;
  TRY_ASSIGN(const Snapshot snapshot, log_.snapshot());
  TRY(transport_.publish_snapshot(snapshot));
  snapshot_of_ = published_;
  next_snapshot_ = now.boot + options_.snapshot_every;
  snapshot_again_ = now.boot + options_.snapshot_again;
  return snapshot_again_;
}

Result<std::size_t> Publisher::publish_batches() {
  const auto batches = log_.read_after(published_, options_.batches_per_step);
  if (!batches) {
    const ErrorCode code = batches.error().code;
    if (code != ErrorCode::kGone && code != ErrorCode::kConflict) {
      return std::unexpected(batches.error());
    }
    TRY(skip_to_snapshot());
    return options_.batches_per_step;  // there is more to do at once
  }
  if (batches->empty()) return 0;
  TRY_ASSIGN(const std::size_t count, transport_.publish_all(*batches));
  if (count > 0) published_ = (*batches)[count - 1].position;
  return count;
}

// What stands between is not in the log any more; who follows finds the gap and takes a snapshot.
Result<void> Publisher::skip_to_snapshot() {
  TRY_ASSIGN(const Snapshot snapshot, log_.snapshot());
  TRY_ASSIGN(const auto keys, key_set_of(std::vector{key_->public_key().public_jwk()}));
  TRY_ASSIGN(const Manifest manifest, open_manifest(snapshot.manifest, *keys));
  events_.error("log does not reach back to what was published last",
                {{"published", revocation::to_string(published_)},
                 {"goes on after", revocation::to_string(manifest.position)}});
  published_ = manifest.position;
  return {};
}

}  // namespace rescind::feed

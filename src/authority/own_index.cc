#include "authority/own_index.h"

#include "feed/keys.h"

namespace rescind::authority {
namespace {

constexpr std::size_t kBatchesAtOnce = 256;
constexpr int kRounds = 4096;  // a million batches behind is more than any tail holds
constexpr Milliseconds kFreshFor{1000};

feed::Follower::Options follower_options(const OwnIndex::Options& options,
                                         const jwt::SigningKey& key) {
  feed::Follower::Options out;
  out.name = "authority";
  out.issuer = options.issuer;
  out.feed = options.feed;
  const std::vector<std::string> own{key.public_key().public_jwk()};
  if (auto keys = feed::key_set_of(own)) out.keys = *std::move(keys);
  out.policy = "refuse 30000";
  out.repair_pause = Milliseconds(0);
  return out;
}

}  // namespace

Result<std::unique_ptr<OwnIndex>> OwnIndex::open(const Options& options, Reads& reads,
                                                 std::shared_ptr<const jwt::SigningKey> key,
                                                 Random& random, Log& log) {
  TRY_ASSIGN(auto index, revocation::Index::create(random, {}));
  return std::unique_ptr<OwnIndex>(
      new OwnIndex(options, reads, std::move(key), std::move(index), random, log));
}

OwnIndex::OwnIndex(const Options& options, Reads& reads, std::shared_ptr<const jwt::SigningKey> key,
                   std::unique_ptr<revocation::Index> index, Random& random, Log& log)
    : options_(options),
      reads_(reads),
      key_(std::move(key)),
      index_(std::move(index)),
      origin_({.issuer = options.issuer, .feed = options.feed}, reads.log(), key_, nullptr),
      follower_(follower_options(options, *key_), *index_, origin_, nullptr, random, log, [] {}) {}

Result<void> OwnIndex::catch_up(Now now) {
  TRY_ASSIGN(const feed::Head head, reads_.log().head());
  for (int round = 0; round < kRounds; ++round) {
    if (follower_.ready() && follower_.position() >= head.position) return refresh(now);
    const feed::Position before = follower_.position();
    if (follower_.ready()) {
      TRY(apply_next(now));
    } else {
      follower_.step(now);  // its start: a snapshot, what came after it, a word of the head
      TRY(refresh(now));
    }
    if (follower_.ready() && follower_.position() == before) break;
  }
  if (follower_.ready() && follower_.position() >= head.position) return refresh(now);
  return fail(ErrorCode::kUnavailable, "the authority's index has not reached the log's head yet");
}

Result<void> OwnIndex::apply_next(Now now) {
  auto batches = reads_.log().read_after(follower_.position(), kBatchesAtOnce);
  if (!batches) {
    // The tail is gone, or the history is another one: the follower knows what to do.
    follower_.step(now);
    return {};
  }
  for (const feed::Sealed& batch : *batches) follower_.on_word(batch.jws, now);
  return {};
}

// A word of the head itself: as fresh as can be.
Result<void> OwnIndex::refresh(Now now) {
  if (follower_.staleness(now) <= kFreshFor) return {};
  TRY_ASSIGN(const std::string heartbeat,
             feed::heartbeat_of(reads_.log(), options_.issuer, options_.feed, *key_));
  follower_.on_word(heartbeat, now);
  return {};
}

BootTime OwnIndex::step(Now now) { return follower_.step(now); }

}  // namespace rescind::authority

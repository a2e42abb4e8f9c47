#include "feed/checkpointing.h"

#include "feed/keys.h"
#include "feed/proof.h"
#include "revocation/segment.h"

namespace rescind::feed {

Result<std::optional<CheckpointState>> Checkpointing::load(const jwt::KeySet& keys) {
  if (checkpoint_ == nullptr) return std::nullopt;
  TRY_ASSIGN(const std::optional<std::string> blob, checkpoint_->load());
  if (!blob) return std::nullopt;
  TRY_ASSIGN(CheckpointState state, decode_checkpoint(*blob));
  const Manifest& manifest = state.manifest;
  TRY_ASSIGN(const Proof proof, read_proof(state.proof, *extended(keys, manifest.announcements)));
  if (manifest.issuer != options_.issuer || manifest.feed != options_.feed ||
      proof.issuer != options_.issuer || proof.feed != options_.feed) {
    return fail(ErrorCode::kCorrupt, "the checkpoint is of another feed");
  }
  if (proof.position != manifest.position || proof.hash != manifest.head) {
    return fail(ErrorCode::kCorrupt, "the checkpoint's signed word names another position");
  }
  saved_ = {.position = manifest.position, .head = manifest.head};
  return state;
}

Result<void> Checkpointing::save(const Chain& chain, const revocation::Index& index, WallTime at) {
  if (checkpoint_ == nullptr || chain.position().number == 0) return {};
  CheckpointState state{.manifest = chain.manifest(), .segments = {}, .proof = chain.proof()};
  state.manifest.issuer = options_.issuer;
  state.manifest.feed = options_.feed;
  state.manifest.at = at;
  state.manifest.purge_time = index.purge_time();
  state.segments = revocation::encode_segments(
      revocation::EachEntry([&index](const auto& visit) { index.for_each(visit); }));
  TRY(checkpoint_->save(encode_checkpoint(std::move(state))));
  saved_ = chain.place();
  return {};
}

BootTime Checkpointing::due(BootTime now, const Place& place) {
  if (checkpoint_ == nullptr) return BootTime::max();
  if (!due_) due_ = now + options_.every;
  return place == saved_ ? BootTime::max() : *due_;
}

}  // namespace rescind::feed

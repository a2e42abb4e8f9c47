#include "feed/proof.h"

#include "feed/manifest.h"

namespace rescind::feed {
namespace {

Proof proof_of(const Word& word) {
  if (const auto* batch = std::get_if<Batch>(&word.content)) {
    return {batch->issuer, batch->feed, batch->position, word.hash, batch->at};
  }
  const auto& heartbeat = std::get<Heartbeat>(word.content);
  return {heartbeat.issuer, heartbeat.feed, heartbeat.head, heartbeat.hash, heartbeat.at};
}

}  // namespace

Result<Proof> read_proof(std::string_view jws, const jwt::KeySet& keys) {
  if (const auto word = read_word(jws)) {
    if (!signed_by(jws, word->key_id, keys)) {
      return fail(ErrorCode::kCorrupt, "the word is not signed by a key of the feed");
    }
    return proof_of(*word);
  }
  TRY_ASSIGN(Manifest manifest, open_manifest(jws, keys));
  return Proof{std::move(manifest.issuer), std::move(manifest.feed), manifest.position,
               manifest.head, manifest.at};
}

}  // namespace rescind::feed

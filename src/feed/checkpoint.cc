#include "feed/checkpoint.h"

#include <optional>
#include <utility>

#include "base/bytes.h"

namespace rescind::feed {
namespace {

// Layout: magic, length and bytes of the manifest's JSON, of the proof, the number of segments,
// length and bytes of each, SHA-256 of all that.
constexpr std::string_view kMagic{"RSCCKPT\1", 8};
constexpr std::size_t kLengthBytes = 4;

void put_block(std::string& out, std::string_view block) {
  put_u32(out, static_cast<std::uint32_t>(block.size()));
  out.append(block);
}

std::optional<std::uint32_t> take_u32(std::string_view& rest) {
  if (rest.size() < kLengthBytes) return std::nullopt;
  const std::uint32_t value = get_u32(bytes_of(rest).data());
  rest.remove_prefix(kLengthBytes);
  return value;
}

std::optional<std::string_view> take_block(std::string_view& rest) {
  const auto size = take_u32(rest);
  if (!size || rest.size() < *size) return std::nullopt;
  const std::string_view block = rest.substr(0, *size);
  rest.remove_prefix(*size);
  return block;
}

}  // namespace

std::string encode_checkpoint(CheckpointState state) {
  state.manifest.segments.clear();
  std::string blob(kMagic);
  put_block(blob, to_json(state.manifest));
  put_block(blob, state.proof);
  put_u32(blob, static_cast<std::uint32_t>(state.segments.size()));
  std::size_t rest = sizeof(Digest);
  for (const auto& segment : state.segments) rest += kLengthBytes + segment.size();
  blob.reserve(blob.size() + rest);
  for (auto& segment : state.segments) put_block(blob, std::exchange(segment, {}));
  const Digest digest = sha256(blob);
  blob.append(text_of(digest));
  return blob;
}

Result<CheckpointState> decode_checkpoint(std::string_view blob) {
  const auto damaged = fail(ErrorCode::kCorrupt, "the checkpoint is damaged");
  if (blob.size() < kMagic.size() + sizeof(Digest) || !blob.starts_with(kMagic)) return damaged;
  std::string_view rest = blob.substr(0, blob.size() - sizeof(Digest));
  const Digest digest = sha256(rest);
  if (text_of(digest) != blob.substr(rest.size())) return damaged;
  rest.remove_prefix(kMagic.size());

  const auto manifest = take_block(rest);
  const auto proof = take_block(rest);
  const auto count = take_u32(rest);
  if (!manifest || !proof || !count) return damaged;
  CheckpointState state;
  TRY_ASSIGN(state.manifest, parse_manifest(*manifest));
  state.proof = *proof;
  for (std::uint32_t i = 0; i < *count; ++i) {
    const auto segment = take_block(rest);
    if (!segment) return damaged;
    state.segments.emplace_back(*segment);
  }
  if (!rest.empty()) return damaged;
  return state;
}

}  // namespace rescind::feed

// The readers' side of the index: no lock, no waiting, nothing written.

#include "revocation/index_body.h"
#include "revocation/until.h"

namespace rescind::revocation {

struct Index::Reader::Body {
  const Index& index;
  const IndexHeader& header;
  std::byte* base;

  // This reader's copy.
  mutable std::shared_ptr<const Rules> rules;
  mutable std::uint64_t rules_generation;
};

Index::Reader::Reader(const Index& index) {
  const Index::Body& body = *index.body_;
  // The generation first: rules that come in between are fetched once more.
  const auto generation = body.header->rules_generation.load(std::memory_order_acquire);
  body_ = std::make_unique<Body>(Body{.index = index,
                                      .header = *body.header,
                                      .base = body.region->base(),
                                      .rules = index.rules(),
                                      .rules_generation = generation});
}
Index::Reader::~Reader() = default;

std::optional<Reason> Index::Reader::find(const Key& key) const {
  const Directory& directory = body_->header.plain;
  const Place place = body_->header.secret.place_of(key);
  for (;;) {
    const std::uint64_t moves = directory.moves.load(std::memory_order_acquire);
    const auto slots = directory.slots<kPlainWords>(body_->base, place);
    const std::uint32_t packed = slots.find_packed(key, place);
    if (packed != 0) return reason_of(packed);
    if (directory.unmoved_since(moves)) return std::nullopt;
  }
}

std::optional<Index::Reader::CutEntry> Index::Reader::find_cut(const Key& key) const {
  const Directory& directory = body_->header.cut;
  const Place place = body_->header.secret.place_of(key);
  for (;;) {
    const std::uint64_t moves = directory.moves.load(std::memory_order_acquire);
    const auto slots = directory.slots<kCutWords>(body_->base, place);
    std::optional<CutEntry> found;
    if (const auto at = slots.find(key, place)) {
      found = CutEntry{.cut = {.term = slots.load(at->slot, 2), .number = slots.load(at->slot, 3)},
                       .reason = reason_of(at->packed)};
    }
    if (directory.unmoved_since(moves)) return found;
  }
}

std::uint64_t Index::Reader::version() const {
  return body_->header.version.load(std::memory_order_acquire);
}

std::uint64_t Index::Reader::cut_version() const {
  return body_->header.cut_version.load(std::memory_order_acquire);
}

FeedState Index::Reader::state() const { return body_->header.state.load(); }

WallTime Index::Reader::purge_time() const {
  return wall_from_ms(body_->header.purge_time_ms.load(std::memory_order_relaxed));
}

std::uint64_t Index::Reader::rules_generation() const {
  return body_->header.rules_generation.load(std::memory_order_acquire);
}

const std::shared_ptr<const Rules>& Index::Reader::rules() const {
  const std::uint64_t generation = rules_generation();
  if (generation != body_->rules_generation) {
    body_->rules = body_->index.rules();
    body_->rules_generation = generation;
  }
  return body_->rules;
}

}  // namespace rescind::revocation

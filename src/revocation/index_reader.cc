// The readers' side of the index: no lock, no waiting, nothing written.

#include "base/json.h"
#include "revocation/index.h"
#include "revocation/index_header.h"
#include "revocation/until.h"

namespace rescind::revocation {

struct Index::Reader::Body {
  std::shared_ptr<const IndexView> view;
  const IndexHeader& header;
  std::byte* base;

  // This reader's copy.
  mutable std::shared_ptr<const Rules> rules;
  mutable std::uint64_t rules_generation = 0;

  void read_rules() const;
};

Index::Reader::Reader(std::shared_ptr<const IndexView> view) {
  const IndexHeader& header = view->header();
  std::byte* const base = view->base();
  body_ = std::make_unique<Body>(Body{.view = std::move(view),
                                      .header = header,
                                      .base = base,
                                      .rules = std::make_shared<const Rules>()});
}
Index::Reader::~Reader() = default;
Index::Reader::Reader(Reader&&) noexcept = default;
Index::Reader& Index::Reader::operator=(Reader&&) noexcept = default;

std::optional<Reason> Index::Reader::find(const Key& key) const {
  const Directory& directory = body_->header.plain;
  const Place place = body_->header.identity.secret.place_of(key);
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
  const Place place = body_->header.identity.secret.place_of(key);
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

WallTime Index::Reader::purge_time() const { return body_->view->purge_time(); }

std::uint64_t Index::Reader::rules_generation() const {
  return body_->header.rules.generation.load(std::memory_order_acquire);
}

void Index::Reader::Body::read_rules() const {
  rules = nullptr;
  const auto document = read_document(header.rules, base, view->size());
  if (!document) return;
  json::Reader json;
  const auto value = json.read(document->text, kRulesLimits);
  if (!value) return;
  auto parsed = parse_rules(*value);
  if (!parsed) return;
  rules = std::make_shared<const Rules>(*std::move(parsed));
  rules_generation = document->generation;
}

const std::shared_ptr<const Rules>& Index::Reader::rules() const {
  if (rules_generation() != body_->rules_generation) body_->read_rules();
  return body_->rules;
}

std::optional<std::string> Index::Reader::keys() const {
  auto document = read_document(body_->header.keys, body_->base, body_->view->size());
  if (!document) return std::nullopt;
  return std::move(document->text);
}

std::uint64_t Index::Reader::keys_generation() const {
  return body_->header.keys.generation.load(std::memory_order_acquire);
}

const std::shared_ptr<const IndexView>& Index::Reader::view() const { return body_->view; }

}  // namespace rescind::revocation

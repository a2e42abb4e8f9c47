#include "revocation/index.h"

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

#include "base/check.h"
#include "revocation/index_body.h"
#include "revocation/segment.h"
#include "revocation/until.h"

namespace rescind::revocation {
namespace {

// Addresses, not memory: an entry in a shard that is about to shrink, and as much again for holes
// between shards.
constexpr std::size_t kReservedPerEntry = 72;
constexpr std::size_t kReservedAtLeast = std::size_t{64} << 20U;
constexpr std::size_t kMostEntries = std::size_t{1} << 32U;

std::uint64_t key_word(const Key& key, std::uint32_t packed) {
  return (key.low >> 32U << 32U) | packed;
}

template <typename Number>
void count_up(std::atomic<Number>& counter) {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

}  // namespace

std::size_t Index::reserved_bytes(std::size_t max_entries) {
  return kReservedAtLeast + max_entries * kReservedPerEntry;
}

Result<std::unique_ptr<Index::Body>> Index::Body::open(Random& random, const Options& options) {
  auto body = std::make_unique<Body>();
  body->options = options;
  body->options.max_entries = std::min(options.max_entries, kMostEntries);
  body->memory = options.memory;
  if (!body->memory) {
    TRY_ASSIGN(body->memory, Mapping::reserve(reserved_bytes(body->options.max_entries)));
  }
  body->region = std::make_unique<Region>(body->memory);
  TRY_ASSIGN(const std::uint64_t offset, body->region->take(sizeof(IndexHeader)));
  CHECK(offset == 0);
  body->header = new (body->region->base()) IndexHeader();
  IndexHeader& header = *body->header;
  header.identity = RegionIdentity::make(random, body->memory->size());
  const PlaceSecret& secret = header.identity.secret;
  TRY_ASSIGN(body->plain, Shards<kPlainWords>::open(*body->region, header.plain, secret,
                                                    options.initial_entries));
  TRY_ASSIGN(body->cut, Shards<kCutWords>::open(*body->region, header.cut, secret, 1));
  header.state.store(body->state);
  body->rules_document = std::make_unique<DocumentWriter>(*body->region, header.rules);
  body->keys_document = std::make_unique<DocumentWriter>(*body->region, header.keys);
  body->view = std::make_shared<const IndexView>(body->memory, header);
  {
    const MutexLock lock(body->mutex);
    body->rules = std::make_shared<const Rules>();
  }
  body->publish_figures();
  return body;
}

void Index::Body::publish_figures() {
  header->entries.store(plain->entries() + cut->entries(), std::memory_order_relaxed);
  header->bytes.store(region->held_bytes(), std::memory_order_relaxed);
}

void Index::Body::publish_purge_time() {
  header->purge_time_ms.store(to_ms(purge_time.value()), std::memory_order_relaxed);
  // Who misses an entry that is purged after this sees the purge time.
  std::atomic_thread_fence(std::memory_order_release);
}

void Index::Body::count_change(bool of_a_cut) {
  publish_figures();
  if (of_a_cut) count_up(header->cut_version);
  count_up(header->version);
}

Result<void> Index::Body::check_room() const {
  if (plain->entries() + cut->entries() < options.max_entries) return {};
  return fail(ErrorCode::kExhausted,
              "the index is full with " + std::to_string(options.max_entries) +
                  " revocations; raise its limit, or end a flood by a cut of the issuer");
}

std::uint32_t Index::Body::first_kept() const { return first_kept_unit(to_ms(purge_time.value())); }

Result<bool> Index::Body::apply_plain(const Entry& entry) {
  const Place place = header->identity.secret.place_of(entry.key);
  const std::uint32_t packed = pack(entry.until, entry.reason);
  auto slots = plain->slots_of(place);
  if (const auto there = slots.find(entry.key, place)) {
    const std::uint32_t joined = join(there->packed, packed);
    if (joined == there->packed) return false;
    slots.store_packed(there->slot, joined);
  } else {
    if (units_of(packed) < first_kept()) return false;
    TRY(check_room());
    const std::uint64_t words[kPlainWords] = {entry.key.high, key_word(entry.key, packed)};
    TRY(plain->insert(entry.key, place, words, false));
  }
  count_change(false);
  return true;
}

Result<bool> Index::Body::apply_cut(const Entry& entry) {
  const Place place = header->identity.secret.place_of(entry.key);
  std::uint32_t packed = pack(entry.until, entry.reason);
  auto slots = cut->slots_of(place);
  const auto there = slots.find(entry.key, place);
  if (there) {
    packed = join(there->packed, packed);
    const Stamp before{.term = slots.load(there->slot, 2), .number = slots.load(there->slot, 3)};
    if (*entry.cut <= before) {
      if (packed == there->packed) return false;
      slots.store_packed(there->slot, packed);
      count_change(true);
      return true;
    }
  } else {
    if (units_of(packed) < first_kept()) return false;
    TRY(check_room());
  }
  const std::uint64_t words[kCutWords] = {entry.key.high, key_word(entry.key, packed),
                                          entry.cut->term, entry.cut->number};
  TRY(cut->insert(entry.key, place, words, there.has_value()));
  count_change(true);
  return true;
}

Index::Index(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Index::~Index() = default;

Result<std::unique_ptr<Index>> Index::create(Random& random, const Options& options) {
  TRY_ASSIGN(auto body, Body::open(random, options));
  return std::unique_ptr<Index>(new Index(std::move(body)));
}

Result<bool> Index::apply(const Entry& entry) {
  return entry.cut ? body_->apply_cut(entry) : body_->apply_plain(entry);
}

Result<void> Index::reserve(std::size_t plain_entries) {
  TRY(body_->plain->reserve(std::min(plain_entries, body_->options.max_entries)));
  body_->publish_figures();
  return {};
}

Result<void> Index::set_rules(std::shared_ptr<const Rules> rules) {
  const MutexLock lock(body_->mutex);
  if (*rules == *body_->rules) return {};
  const std::string text = to_json(*rules);
  json::Reader reader;  // what readers could not read is not put before them
  TRY_ASSIGN(const json::Value value, reader.parse(text, kRulesLimits));
  TRY(parse_rules(value));
  TRY(body_->rules_document->replace(text));
  body_->rules = std::move(rules);
  return {};
}

Result<void> Index::set_keys(std::string_view keys) { return body_->keys_document->replace(keys); }

const std::shared_ptr<const IndexView>& Index::view() const { return body_->view; }

std::shared_ptr<const Rules> Index::rules() const {
  const MutexLock lock(body_->mutex);
  return body_->rules;
}

void Index::set_state(const FeedState& state) {
  body_->state = state;
  body_->header->state.store(state);
}

const FeedState& Index::state() const { return body_->state; }

bool Index::purge(Now now, std::size_t buckets) {
  Body& body = *body_;
  body.purge_time.advance(now, body.state.freshness.authority_time(now.boot));
  body.publish_purge_time();
  body.header->beat_ns.store(now.boot.time_since_epoch().count(), std::memory_order_relaxed);
  std::optional<std::size_t> left = buckets;
  if (!body.sweeping_cuts) left = body.plain->sweep(buckets, body.first_kept());
  body.sweeping_cuts = left.has_value();
  const bool complete = left && body.cut->sweep(*left, body.first_kept());
  if (complete) body.sweeping_cuts = false;
  body.publish_figures();
  return complete;
}

void Index::raise_purge_time(WallTime at_least) {
  body_->purge_time.raise(at_least);
  body_->publish_purge_time();
}

WallTime Index::purge_time() const { return body_->view->purge_time(); }
std::size_t Index::entries() const { return body_->view->entries(); }
std::size_t Index::bytes() const { return body_->view->bytes(); }

void Index::for_each(const std::function<void(const Entry&)>& visit) const {
  body_->view->for_each(visit);
}

Digest Index::digest() const {
  std::string names;
  for (const std::string& segment :
       encode_segments([this](const auto& visit) { for_each(visit); })) {
    names += text_of(sha256(segment));
  }
  return sha256(names);
}

}  // namespace rescind::revocation

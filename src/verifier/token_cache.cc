#include "verifier/token_cache.h"

#include <highwayhash/c_bindings.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "base/check.h"

namespace rescind::verifier {
namespace {

constexpr std::size_t kLine = 64;
constexpr std::align_val_t kAlignment{kLine};
constexpr std::size_t kHugePage = std::size_t{2} << 20U;

constexpr std::align_val_t alignment_of(std::size_t bytes) {
  return bytes >= kHugePage ? std::align_val_t{kHugePage} : kAlignment;
}

constexpr std::size_t padded(std::size_t size) {
  constexpr std::size_t kMask = alignof(revocation::Key) - 1;
  return (size + kMask) & ~kMask;
}

std::uint16_t tag_of(std::uint64_t hash) { return static_cast<std::uint16_t>(hash); }

// All lines of a token at once, rather than one after the other as the comparison gets to them.
void prefetch(const VerifiedToken* token, std::size_t text_size) {
  const std::size_t size = std::min(sizeof(VerifiedToken) + text_size, 24 * kLine);
  const char* const first = reinterpret_cast<const char*>(token);
  for (std::size_t at = 0; at < size; at += kLine) __builtin_prefetch(first + at);
}

// A decision shares the claims: the count of its sharers, which make_shared puts before them, is
// wanted while the text is still being compared.
void prefetch(const std::shared_ptr<const Claims>& claims) {
  __builtin_prefetch(reinterpret_cast<const char*>(claims.get()) - 1, 1);
}

}  // namespace

static_assert(sizeof(VerifiedToken) <= 2 * kLine);
static_assert(kMaxTargets + 1 <= 255);

VerifiedTokenPtr VerifiedToken::make(std::string_view text, const Targets& targets) {
  const std::size_t keys = targets.plain.size() + targets.cut.size();
  const std::size_t size =
      sizeof(VerifiedToken) + padded(text.size()) + keys * sizeof(revocation::Key);
  return VerifiedTokenPtr(new (::operator new(size, kAlignment)) VerifiedToken(text, targets));
}

VerifiedToken::VerifiedToken(std::string_view text, const Targets& targets)
    : stamps_(targets.stamps),
      plain_keys_(static_cast<std::uint8_t>(targets.plain.size())),
      cut_keys_(static_cast<std::uint8_t>(targets.cut.size())),
      text_size_(static_cast<std::uint32_t>(text.size())),
      stamp_(targets.stamp) {
  char* const to = reinterpret_cast<char*>(this + 1);
  std::copy(text.begin(), text.end(), to);
  auto* const keys = reinterpret_cast<revocation::Key*>(to + padded(text.size()));
  std::uninitialized_copy(
      targets.cut.begin(), targets.cut.end(),
      std::uninitialized_copy(targets.plain.begin(), targets.plain.end(), keys));
}

void FreeVerifiedToken::operator()(VerifiedToken* token) const {
  token->~VerifiedToken();
  ::operator delete(token, kAlignment);
}

TargetsView VerifiedToken::targets() const {
  const auto* const keys =
      std::launder(reinterpret_cast<const revocation::Key*>(behind() + padded(text_size_)));
  return {.plain = {keys, plain_keys_},
          .cut = {keys + plain_keys_, cut_keys_},
          .stamp = stamp_,
          .stamps = stamps_};
}

TokenCache::TokenCache(std::size_t capacity, Random& random)
    : sets_((capacity + kWays - 1) / kWays) {
  CHECK(sets_.size() <= UINT32_MAX);
  for (std::uint64_t& word : secret_) word = random.next_u64();
}

void* allocate_huge(std::size_t bytes) {
  void* const memory = ::operator new(bytes, alignment_of(bytes));
  if (bytes >= kHugePage) madvise(memory, bytes, MADV_HUGEPAGE);
  return memory;
}

void free_huge(void* memory, std::size_t bytes) { ::operator delete(memory, alignment_of(bytes)); }

std::uint64_t TokenCache::hash(std::string_view token) const {
  static_assert(sizeof(HHKey) == sizeof secret_);
  return HighwayHash64(secret_.data(), token.data(), token.size());
}

TokenCache::Set& TokenCache::set_of(std::uint64_t hash) {
  return sets_[((hash >> 32U) * sets_.size()) >> 32U];
}

VerifiedToken* TokenCache::find(std::string_view token) {
  if (sets_.empty()) return nullptr;
  const std::uint64_t wanted = hash(token);
  Set& set = set_of(wanted);
  for (std::size_t way = 0; way < kWays; ++way) {
    VerifiedToken* const candidate = set.tokens[way].get();
    if (set.tags[way] != tag_of(wanted) || candidate == nullptr) continue;
    prefetch(candidate, token.size());
    prefetch(candidate->claims);
    if (candidate->text() != token) continue;
    set.used |= static_cast<std::uint8_t>(1U << way);
    return candidate;
  }
  return nullptr;
}

VerifiedToken* TokenCache::insert(VerifiedTokenPtr token) {
  VerifiedToken* const kept = token.get();
  if (sets_.empty()) {
    unremembered_ = std::move(token);
    return kept;
  }
  kept->hash_ = hash(kept->text());
  Set& set = set_of(kept->hash_);
  const auto same = std::ranges::find_if(set.tokens, [&](const VerifiedTokenPtr& other) {
    return other != nullptr && other->hash_ == kept->hash_ && other->text() == kept->text();
  });
  if (same != set.tokens.end()) {
    kept->proven_ = (*same)->proven_;
    *same = std::move(token);
    return kept;
  }
  const std::size_t way = place_for_newcomer(set);
  set.tokens[way] = std::move(token);
  set.tags[way] = tag_of(kept->hash_);
  return kept;
}

std::size_t TokenCache::place_for_newcomer(Set& set) {
  for (std::size_t i = 0; i < kWays; ++i) {
    const std::size_t way = (kProven + i) % kWays;
    if (set.tokens[way] == nullptr) return way;
  }
  const std::size_t way = kProven + set.next;
  set.next = static_cast<std::uint8_t>((set.next + 1U) % (kWays - kProven));
  return way;
}

// Takes the place of a newcomer that came while it was empty, or of one that nobody has asked for
// since this was last tried; where all are in use it has to come again.
void TokenCache::move_to_proven(VerifiedToken& token) {
  if (sets_.empty()) return;
  Set& set = set_of(token.hash_);
  const auto at = std::ranges::find(set.tokens, &token, &VerifiedTokenPtr::get);
  if (at == set.tokens.end()) return;
  const auto from = static_cast<std::size_t>(at - set.tokens.begin());
  const auto is_free = [&](std::size_t way) {
    const VerifiedToken* const there = set.tokens[way].get();
    return there == nullptr || !there->proven_ || (set.used >> way & 1U) == 0;
  };
  std::size_t to = from;
  if (from >= kProven) {
    to = 0;
    while (to < kProven && !is_free(to)) ++to;
  }
  if (to == kProven) {
    set.used = 0;
    return;
  }
  if (to != from && set.tokens[to] != nullptr) set.tokens[to]->proven_ = false;
  std::swap(set.tokens[to], set.tokens[from]);
  std::swap(set.tags[to], set.tags[from]);
  set.used |= static_cast<std::uint8_t>(1U << to);
  token.proven_ = true;
}

}  // namespace rescind::verifier

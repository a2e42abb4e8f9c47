#include "revocation/shards.h"

#include <algorithm>
#include <bit>

#include "revocation/until.h"

namespace rescind::revocation {
namespace {

// A shard grows when it is 90 % full, to 78 %; it shrinks below 58 %. At 90 % a bucket costs 23.2
// bytes an entry, and one lookup in 12 has to look at a second bucket; at 93 % it would be one
// in 8.
constexpr std::size_t kFullPercent = 90;
constexpr std::size_t kRebuiltPercent = 78;
constexpr std::size_t kSparsePercent = 58;
// A shard that is larger splits, as long as the directory has words.
constexpr std::size_t kSplitEntries = 65'536;

// So many buckets are looked at before the first of them is swept: what is due of them (a sixth of
// them where a 60th of the entries is) still lies in the innermost cache then.
constexpr std::uint32_t kSweptTogether = 64;

constexpr std::size_t share(std::size_t slots, std::size_t percent) {
  return slots * percent / 100;
}

// So many that `entries` fill them to `percent`.
template <std::size_t kWords>
std::uint32_t buckets_for(std::size_t entries, std::size_t percent) {
  constexpr std::size_t kBytes = Slots<kWords>::kBucketBytes;
  const std::size_t slots = entries * 100 / percent + 1;
  const std::size_t buckets = (slots + kSlotsPerBucket - 1) / kSlotsPerBucket;
  // Pages are taken whole.
  const std::size_t pages = (buckets * kBytes + Region::kPageBytes - 1) / Region::kPageBytes;
  return static_cast<std::uint32_t>(pages * Region::kPageBytes / kBytes);
}

template <std::size_t kWords>
std::size_t table_bytes(std::uint32_t buckets) {
  return std::size_t{buckets} * Slots<kWords>::kBucketBytes;
}

std::size_t room(std::uint32_t buckets) {
  return share(std::size_t{buckets} * kSlotsPerBucket, kFullPercent);
}

// How deep the directory is split where shards of `entries` in all are of a good size.
std::uint32_t depth_for(std::size_t entries) {
  std::uint32_t depth = 0;
  while (depth < kDirectoryBits && (entries >> depth) > kSplitEntries) ++depth;
  return depth;
}

}  // namespace

template <std::size_t kWords>
Result<std::unique_ptr<Shards<kWords>>> Shards<kWords>::open(Region& region, Directory& directory,
                                                             const PlaceSecret& secret,
                                                             std::size_t expected) {
  std::unique_ptr<Shards> shards(new Shards(region, directory, secret));
  TRY(shards->reserve(std::max<std::size_t>(expected, 1)));
  return shards;
}

template <std::size_t kWords>
Result<void> Shards<kWords>::reserve(std::size_t expected) {
  std::size_t has_room = 0;
  for (std::size_t word = 0; word < Directory::kWords; word += span(shard_at(word).depth)) {
    has_room += room(shard_at(word).buckets);
  }
  if (expected <= has_room) return {};
  const std::uint32_t depth = std::max(depth_for(expected), shard_at(0).depth);
  // The shards differ by chance, by about the root of their size; 2 roots are spared growing.
  std::size_t each = expected >> depth;
  std::size_t root = 0;
  while (root * root < each) ++root;
  each += depth == 0 ? 0 : 2 * root;
  return rebuild(0, Directory::kWords, depth, each);
}

template <std::size_t kWords>
Result<void> Shards<kWords>::insert(const Key& key, Place place, const Words& words,
                                    bool replaces) {
  const std::size_t word = place.directory();
  if (shard_at(word).entries + 1U > room(shard_at(word).buckets)) TRY(grow(word));
  Shard& shard = shard_at(word);
  Table table = this->table(shard);
  const auto older = replaces ? table.find(key, place) : std::nullopt;
  table.insert(key, place, words);
  ++shard.entries;
  ++entries_;
  if (older) erase(shard, older->slot);
  return {};
}

template <std::size_t kWords>
void Shards<kWords>::erase(Shard& shard, Slot slot) {
  if constexpr (kWords == kCutWords) {
    directory_.count_move();
  }
  table(shard).erase(slot);
  --shard.entries;
  ++shard.erased;
  --entries_;
}

template <std::size_t kWords>
Result<void> Shards<kWords>::grow(std::size_t word) {
  const Shard shard = shard_at(word);
  const std::uint32_t depth = shard.entries >= kSplitEntries && shard.depth < kDirectoryBits
                                  ? shard.depth + 1
                                  : shard.depth;
  return rebuild(first_[word], span(shard.depth), depth, 0);
}

// After a shard was swept: gives memory back, and mends spill bits that nothing needs any more.
template <std::size_t kWords>
void Shards<kWords>::tidy(std::size_t word) {
  const Shard& shard = shard_at(word);
  const std::size_t buddy_word = word ^ span(shard.depth);
  // Where there is no memory for a smaller copy, the larger one serves on: the result is no error.
  if (shard.depth > 0 && shard_at(buddy_word).depth == shard.depth &&
      shard.entries + shard_at(buddy_word).entries < kSplitEntries / 2) {
    (void)rebuild(std::min<std::size_t>(word, buddy_word), 2 * span(shard.depth), shard.depth - 1,
                  0);
    return;
  }
  const std::size_t slots = std::size_t{shard.buckets} * kSlotsPerBucket;
  const bool sparse = shard.entries < share(slots, kSparsePercent) &&
                      buckets_for<kWords>(shard.entries, kRebuiltPercent) < shard.buckets;
  if (sparse || shard.erased > slots / 2) {
    (void)rebuild(word, span(shard.depth), shard.depth, 0);
  }
}

template <std::size_t kWords>
Result<void> Shards<kWords>::rebuild(std::size_t word, std::size_t count, std::uint32_t depth,
                                     std::size_t expected) {
  TRY_ASSIGN(std::vector<Shard> fresh, take_shards(word, count, depth, expected));
  fill(fresh, word, count);
  std::vector<Shard> old;
  for (std::size_t w = word; w < word + count; w += span(shard_at(w).depth)) {
    old.push_back(shard_at(w));
  }
  publish(fresh, word);
  for (const Shard& shard : old) {
    if (shard.buckets > 0) region_.give_back(shard.offset, table_bytes<kWords>(shard.buckets));
  }
  return {};
}

template <std::size_t kWords>
auto Shards<kWords>::take_shards(std::size_t word, std::size_t count, std::uint32_t depth,
                                 std::size_t expected) -> Result<std::vector<Shard>> {
  std::vector<Shard> fresh(count / span(depth));
  for (std::size_t w = word; w < word + count; w += span(shard_at(w).depth)) {
    const Shard& old = shard_at(w);
    if (fresh.size() == 1 || old.depth >= depth) {
      fresh[(w - word) / span(depth)].entries += old.entries;
      continue;
    }
    const Table from = table(old);
    from.for_each(0, from.buckets(), [&](Slot slot, std::uint32_t) {
      const std::size_t to = secret_.place_of(from.key(slot)).directory();
      ++fresh[(to - word) / span(depth)].entries;
    });
  }
  for (Shard& shard : fresh) {
    shard.depth = depth;
    // What is announced is what will come; of what is there more is to be expected.
    shard.buckets = std::max(buckets_for<kWords>(shard.entries, kRebuiltPercent),
                             buckets_for<kWords>(expected, kFullPercent));
    const auto offset = region_.take(table_bytes<kWords>(shard.buckets));
    if (!offset) {
      for (const Shard& taken : fresh) {
        if (&taken == &shard) return std::unexpected(offset.error());
        region_.give_back(taken.offset, table_bytes<kWords>(taken.buckets));
      }
    }
    shard.offset = *offset;
  }
  return fresh;
}

// Copies the entries of the old shards; readers cannot see the new ones yet.
template <std::size_t kWords>
void Shards<kWords>::fill(std::vector<Shard>& fresh, std::size_t word, std::size_t count) {
  const std::size_t span_of_fresh = count / fresh.size();
  for (std::size_t w = word; w < word + count; w += span(shard_at(w).depth)) {
    const Table from = table(shard_at(w));
    from.for_each(0, from.buckets(), [&](Slot slot, std::uint32_t) {
      const Key key = from.key(slot);
      const Place place = secret_.place_of(key);
      std::uint64_t words[kWords];
      for (std::size_t i = 0; i < kWords; ++i) words[i] = from.load(slot, i);
      table(fresh[(place.directory() - word) / span_of_fresh]).insert(key, place, words);
    });
  }
}

template <std::size_t kWords>
void Shards<kWords>::publish(const std::vector<Shard>& fresh, std::size_t word) {
  for (const Shard& shard : fresh) {
    shards_[word] = shard;
    const std::uint64_t directory_word = shard.offset / Region::kPageBytes << 32U | shard.buckets;
    for (const std::size_t end = word + span(shard.depth); word < end; ++word) {
      first_[word] = static_cast<std::uint16_t>(end - span(shard.depth));
      directory_.words[word].store(directory_word, std::memory_order_release);
    }
  }
  directory_.count_move();
}

template <std::size_t kWords>
std::optional<std::size_t> Shards<kWords>::sweep(std::size_t buckets, std::uint32_t first_kept) {
  while (buckets > 0) {
    if (!sweep_some(buckets, first_kept)) continue;
    const std::size_t word = first_[sweep_word_];
    sweep_word_ = word + span(shard_at(word).depth);
    sweep_bucket_ = 0;
    tidy(word);
    if (sweep_word_ == Directory::kWords) {
      sweep_word_ = 0;
      return buckets;
    }
  }
  return std::nullopt;
}

// Sweeps within one shard; true where its end is reached. A rebuild since the last call may have
// mixed what was swept with what was not: the next sweep sees to it.
template <std::size_t kWords>
bool Shards<kWords>::sweep_some(std::size_t& buckets, std::uint32_t first_kept) {
  Shard& shard = shard_at(sweep_word_);
  const std::uint32_t left = shard.buckets - std::min(sweep_bucket_, shard.buckets);
  const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(buckets, left));
  const std::uint32_t end = sweep_bucket_ + count;
  while (sweep_bucket_ < end) {
    const std::uint32_t some = std::min(end - sweep_bucket_, kSweptTogether);
    sweep_buckets(shard, sweep_bucket_, sweep_bucket_ + some, first_kept);
    sweep_bucket_ += some;
  }
  buckets -= count;
  return count == left;
}

// Memory answers a hundred times slower than this computes, but many questions at once: so first
// all that are due are found, then all their lines are asked for, and only then is one swept.
template <std::size_t kWords>
void Shards<kWords>::sweep_buckets(Shard& shard, std::uint32_t begin, std::uint32_t end,
                                   std::uint32_t first_kept) {
  const Table table = this->table(shard);
  std::array<std::uint32_t, kSweptTogether> due;
  std::size_t count = 0;
  for (std::uint32_t bucket = begin; bucket < end; ++bucket) {
    const std::uint32_t earliest = table.earliest(bucket);
    due[count] = bucket;  // no branch: which ones are due nobody can predict
    count += static_cast<std::size_t>(earliest != 0) &
             static_cast<std::size_t>(units_of(earliest) < first_kept);
  }
  for (std::size_t i = 0; i < count; ++i) table.prefetch_bucket(due[i]);
  for (std::size_t i = 0; i < count; ++i) sweep_bucket(shard, due[i], first_kept);
}

template <std::size_t kWords>
void Shards<kWords>::sweep_bucket(Shard& shard, std::uint32_t bucket, std::uint32_t first_kept) {
  Table table = this->table(shard);
  std::uint32_t over = 0;  // a bit for each slot
  constexpr std::uint32_t kNone = ~std::uint32_t{0};
  std::uint32_t earliest = kNone;
  for (std::uint32_t index = 0; index < kSlotsPerBucket; ++index) {
    const std::uint32_t packed = table.packed({bucket, index});
    const bool is_over = packed != 0 && units_of(packed) < first_kept;
    over |= static_cast<std::uint32_t>(is_over) << index;
    earliest = std::min(earliest, packed == 0 || is_over ? kNone : packed);
  }
  for (; over != 0; over &= over - 1) {
    erase(shard, {bucket, static_cast<std::uint32_t>(std::countr_zero(over))});
  }
  table.set_earliest(bucket, earliest == kNone ? 0 : earliest);
}

template <std::size_t kWords>
void Shards<kWords>::for_each(const std::function<void(const Table&, Slot slot)>& visit) const {
  for (std::size_t word = 0; word < Directory::kWords; word += span(shard_at(word).depth)) {
    const Table table = this->table(shard_at(word));
    table.for_each(0, table.buckets(), [&](Slot slot, std::uint32_t) { visit(table, slot); });
  }
}

template class Shards<kPlainWords>;
template class Shards<kCutWords>;

}  // namespace rescind::revocation

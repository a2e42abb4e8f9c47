#pragma once
// One of the two sets of an index: up to 1024 shards, each a small open-addressed table (slots.h)
// of its own. A directory in the region says where each lies. Growing, splitting, shrinking and
// merging rebuild one shard (a split or merge: two), so the writer's pause is that of a shard:
// about a millisecond up to 6·10^7 entries, about 5 ms at 2^28.
//
// Readers. A directory word holds place and size of a shard, so both are read at once. After a
// rebuild the writer sets the new words, counts `moves` up, and only then gives the old pages back.
// A reader that finds nothing looks at `moves` again: unchanged, nothing it read had been given
// back, and its answer holds; else it asks again. So a reader never waits for the writer, not even
// for one that died in the middle, and repeats itself only when a shard was rebuilt in those 100
// ns. The set with cuts counts `moves` up before it empties any slot too, and its readers look
// again after a hit as well: so a cut is never read from a slot that was filled anew.
//
// One thread writes (class Shards); any number reads (Directory, lookups in index_reader.cc).

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "revocation/region.h"
#include "revocation/slots.h"

namespace rescind::revocation {

// What readers need of one set; lies in the region, all zeros before Shards::open.
struct Directory {
  static constexpr std::size_t kWords = std::size_t{1} << kDirectoryBits;

  alignas(64) std::atomic<std::uint64_t> moves;
  // Page of the shard << 32 | its number of buckets.
  alignas(64) std::array<std::atomic<std::uint64_t>, kWords> words;

  template <std::size_t kBodyWords>
  Slots<kBodyWords> slots(std::byte* base, Place place) const {
    const std::uint64_t word = words[place.directory()].load(std::memory_order_acquire);
    return {base + (word >> 32U) * Region::kPageBytes, static_cast<std::uint32_t>(word)};
  }
  // The one writer. Who sees anything that is written after this sees it counted.
  void count_move() {
    moves.store(moves.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    std::atomic_thread_fence(std::memory_order_release);
  }
  // Whether `moves` is still what it was before the loads that this thread has done since.
  bool unmoved_since(std::uint64_t before) const {
    std::atomic_thread_fence(std::memory_order_acquire);
    return moves.load(std::memory_order_relaxed) == before;
  }
};

template <std::size_t kWords>
class Shards {
 public:
  using Table = Slots<kWords>;
  using Slot = typename Table::Slot;
  using Words = std::uint64_t[kWords];

  // An empty set that has room for `expected` entries without growing.
  static Result<std::unique_ptr<Shards>> open(Region& region, Directory& directory,
                                              const PlaceSecret& secret, std::size_t expected);

  std::size_t entries() const { return entries_; }

  Table slots_of(Place place) const { return directory_.slots<kWords>(region_.base(), place); }
  // Adds a key that is not there, or (with `replaced`) one that is there with an older cut: that
  // slot is emptied once the new one can be seen. kExhausted: nothing changed.
  Result<void> insert(const Key& key, Place place, const Words& words, bool replaces);

  // Hints that this key is about to be looked for and inserted: the first some hundred nanoseconds
  // before, the second when what the first asked for has come.
  [[gnu::always_inline]] void prefetch_tags(Place place) const {
    slots_of(place).prefetch_tags(place);
  }
  [[gnu::always_inline]] void prefetch_free_slot(Place place) const {
    slots_of(place).prefetch_free_slot(place);
  }

  // Makes room for `expected` entries in all; never less than there is. kExhausted.
  Result<void> reserve(std::size_t expected);

  // Forgets entries whose until is under `first_kept` units, in at most `buckets` buckets from
  // where the last call left off; rebuilds a shard that it has come to the end of where that has
  // become too large. How many buckets were left when the end of all was reached, or nothing.
  std::optional<std::size_t> sweep(std::size_t buckets, std::uint32_t first_kept);

  void for_each(const std::function<void(const Table&, Slot slot)>& visit) const;

 private:
  struct Shard {
    std::uint64_t offset = 0;
    std::uint32_t buckets = 0;
    std::uint32_t entries = 0;
    std::uint32_t erased = 0;  // since it was built: its spill bits are that much too many
    std::uint32_t depth = 0;   // it has 2^(kDirectoryBits − depth) words of the directory
  };

  Shards(Region& region, Directory& directory, const PlaceSecret& secret)
      : region_(region), directory_(directory), secret_(secret) {}

  static std::size_t span(std::uint32_t depth) { return Directory::kWords >> depth; }
  Shard& shard_at(std::size_t word) { return shards_[first_[word]]; }
  const Shard& shard_at(std::size_t word) const { return shards_[first_[word]]; }
  Table table(const Shard& shard) const { return {region_.base() + shard.offset, shard.buckets}; }
  void erase(Shard& shard, Slot slot);
  Result<void> grow(std::size_t word);
  void tidy(std::size_t word);
  bool sweep_some(std::size_t& buckets, std::uint32_t first_kept);
  void sweep_buckets(Shard& shard, std::uint32_t begin, std::uint32_t end,
                     std::uint32_t first_kept);
  void sweep_bucket(Shard& shard, std::uint32_t bucket, std::uint32_t first_kept);

  // Replaces the shards of `count` words from `word` by shards of `depth`, each with room for what
  // is in it and at least `expected`.
  Result<void> rebuild(std::size_t word, std::size_t count, std::uint32_t depth,
                       std::size_t expected);
  Result<std::vector<Shard>> take_shards(std::size_t word, std::size_t count, std::uint32_t depth,
                                         std::size_t expected);
  void fill(std::vector<Shard>& fresh, std::size_t word, std::size_t count);
  void publish(const std::vector<Shard>& fresh, std::size_t word);

  Region& region_;
  Directory& directory_;
  const PlaceSecret secret_;
  std::size_t entries_ = 0;
  std::size_t sweep_word_ = 0;      // the shard where the sweep is
  std::uint32_t sweep_bucket_ = 0;  // its next bucket
  // By directory word: the first word of its shard, and there the shard.
  std::array<std::uint16_t, Directory::kWords> first_{};
  std::array<Shard, Directory::kWords> shards_{};
};

inline constexpr std::size_t kPlainWords = 2;
inline constexpr std::size_t kCutWords = 4;
extern template class Shards<kPlainWords>;
extern template class Shards<kCutWords>;

}  // namespace rescind::revocation

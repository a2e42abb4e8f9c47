#pragma once
// One open-addressed set of entries in a region: how the bytes lie, how they are read by any number
// of threads while one writes. A view (where, how many buckets); the owner is Shards.
//
// A bucket is 14 slots. Its tags (16 bits of the key each) and a word of 32 spill bits are half a
// cache line, in an array of their own that the processor's caches hold longest: "not there", the
// usual answer, costs that one read. The bodies lie apart. An entry that finds its bucket full goes
// to the next and leaves a spill bit of its class behind in each that it passed: a reader goes on
// only where the bit of its key is set.
//
// A body: words [0] key.high · [1] upper half of key.low, until + reason · [2] [3] the cut; and the
// last 16 bits of the key behind the 14 bodies of the bucket. 128 bits in all: nothing is guessed.
// Behind the tags lies a third array, the earliest until of each bucket: a sweep reads that one,
// and of the others only the buckets where something is due.
//
// Why readers need no lock. All words are atomic. A slot is filled body first, word [1] by release;
// its key words and its cut never change while it is filled; until and reason share a word with
// key bits, so they change at once. A slot that is emptied has word [1] = 0, and may be filled anew
// at once: a reader that is in it meanwhile can see words of both entries, but it takes a slot only
// where all 128 bits agree with its key, so what it takes has stood there (SHA-256 prefixes that
// agree in complementary parts with a third are as unlikely as an error of the key itself).
// A cut could be taken from the wrong one: there the reader looks whether anything moved
// (shards.h).

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/check.h"
#include "revocation/lanes.h"
#include "revocation/target.h"

namespace rescind::revocation {

inline constexpr std::size_t kSlotsPerBucket = Lanes::kCount;
inline constexpr unsigned kDirectoryBits = 10;

// Where a key lands, mixed with the secret of its index.
struct Place {
  std::uint64_t bits = 0;

  std::size_t directory() const { return bits >> (64U - kDirectoryBits); }
  std::uint32_t bucket(std::uint32_t buckets) const {
    return static_cast<std::uint32_t>(((bits >> 20U & 0xffff'ffffU) * buckets) >> 32U);
  }
  std::uint32_t spill_bit() const { return std::uint32_t{1} << (bits & 31U); }
};

struct PlaceSecret {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  // A folded product: who does not know the secret cannot choose names that land together.
  Place place_of(const Key& key) const {
    __extension__ using Wide = unsigned __int128;
    const Wide product = Wide{key.high ^ high} * (key.low ^ low);
    return {static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U)};
  }
};

// `kWords` 8-byte words a body: 2, or 4 with a cut.
template <std::size_t kWords>
class Slots {
 public:
  static constexpr std::size_t kBucketBytes =
      (kSlotsPerBucket * kWords + 2 * Lanes::kWords) * 8 + sizeof(std::uint32_t);

  Slots(std::byte* memory, std::uint32_t buckets)
      : bodies_(reinterpret_cast<std::uint64_t*>(memory)),
        tags_(bodies_ + buckets * kBodiesWords),
        earliest_(reinterpret_cast<std::uint32_t*>(tags_ + buckets * Lanes::kWords)),
        buckets_(buckets) {}

  std::uint32_t buckets() const { return buckets_; }

  struct Slot {
    std::uint32_t bucket;
    std::uint32_t index;  // within the bucket
  };
  struct Found {
    Slot slot;
    std::uint32_t packed;  // until and reason, as they stood beside the key
  };
  // Any thread. Until and reason of the key, or 0 where it is not there.
  std::uint32_t find_packed(const Key& key, Place place) const {
    Slot slot;
    return static_cast<std::uint32_t>(find_word(key, place, slot));
  }
  std::optional<Found> find(const Key& key, Place place) const {
    Slot slot;
    const std::uint64_t word = find_word(key, place, slot);
    if (word == 0) return std::nullopt;
    return Found{.slot = slot, .packed = static_cast<std::uint32_t>(word)};
  }
  // Writer: fills an empty slot; at least one is there.
  void insert(const Key& key, Place place, const std::uint64_t (&words)[kWords]);
  // Writer: empties a slot.
  void erase(Slot slot);

  // visit(slot, packed) for each filled slot of the buckets [begin, end).
  template <typename Visit>
  void for_each(std::uint32_t begin, std::uint32_t end, const Visit& visit) const {
    for (std::uint32_t bucket = begin; bucket < end; ++bucket) {
      for (std::uint32_t index = 0; index < kSlotsPerBucket; ++index) {
        const Slot slot{bucket, index};
        const std::uint32_t packed = this->packed(slot);
        if (packed != 0) visit(slot, packed);
      }
    }
  }

  // Writer: no until in the bucket is smaller (as a packed word); 0 where it has none.
  std::uint32_t earliest(std::size_t bucket) const {
    return std::atomic_ref(earliest_[bucket]).load(std::memory_order_relaxed);
  }
  void set_earliest(std::size_t bucket, std::uint32_t packed) {
    std::atomic_ref(earliest_[bucket]).store(packed, std::memory_order_relaxed);
  }

  // Hints, for who knows what it will need some hundred nanoseconds before it does: all of a
  // bucket, which a sweep will write; and what insert() of a key will write, in two steps, since
  // where its body lies shows only once its tags are near. (Always inline: g++ 12 finds that a
  // function of prefetches has no effect, and leaves out the call.)
  [[gnu::always_inline]] void prefetch_bucket(std::size_t bucket) const {
    __builtin_prefetch(tags_ + bucket * Lanes::kWords, 1);
    const std::uint64_t* const bodies = bodies_ + bucket * kBodiesWords;
    for (std::size_t word = 0; word < kBodiesWords; word += kLineWords) {
      __builtin_prefetch(bodies + word, 1);
    }
  }
  [[gnu::always_inline]] void prefetch_tags(Place place) const {
    const std::size_t bucket = place.bucket(buckets_);
    __builtin_prefetch(tags_ + bucket * Lanes::kWords, 1);
    __builtin_prefetch(earliest_ + bucket, 1);
  }
  [[gnu::always_inline]] void prefetch_free_slot(Place place) const {
    const std::uint32_t bucket = place.bucket(buckets_);
    const std::uint32_t free = tags(bucket).match(0).lanes;
    if (free == 0) return;
    const auto index = static_cast<std::size_t>(std::countr_zero(free));
    __builtin_prefetch(bodies_ + bucket * kBodiesWords + index * kWords, 1);
    __builtin_prefetch(rests_of(bucket) + index / 4, 1);
  }

  std::uint64_t load(Slot slot, std::size_t word) const {
    return body(slot, word).load(std::memory_order_relaxed);
  }
  // Until and reason; the rest of word [1] stays.
  void store_packed(Slot slot, std::uint32_t packed) {
    const std::uint64_t upper = load(slot, 1) >> 32U << 32U;
    body(slot, 1).store(upper | packed, std::memory_order_release);
  }
  std::uint32_t packed(Slot slot) const { return static_cast<std::uint32_t>(load(slot, 1)); }
  bool filled(Slot slot) const { return load(slot, 1) != 0; }
  Key key(Slot slot) const {
    const std::uint32_t low = std::uint32_t{rests(slot.bucket).get(slot.index)} << 16U |
                              tags(slot.bucket).get(slot.index);
    return {.high = load(slot, 0), .low = (load(slot, 1) >> 32U << 32U) | low};
  }

 private:
  // Bodies of a bucket and the lanes with the rest of their keys.
  static constexpr std::size_t kBodiesWords = kSlotsPerBucket * kWords + Lanes::kWords;
  static constexpr std::size_t kLineWords = 8;

  static std::uint16_t tag_of(const Key& key) { return static_cast<std::uint16_t>(key.low); }
  static std::uint16_t rest_of(const Key& key) {
    return static_cast<std::uint16_t>(key.low >> 16U);
  }

  Lanes tags(std::size_t bucket) const { return Lanes(tags_ + bucket * Lanes::kWords); }
  Lanes rests(std::size_t bucket) const { return Lanes(rests_of(bucket)); }
  std::uint64_t* rests_of(std::size_t bucket) const {
    return bodies_ + bucket * kBodiesWords + kSlotsPerBucket * kWords;
  }
  std::atomic_ref<std::uint64_t> body(Slot slot, std::size_t word) const {
    return std::atomic_ref(bodies_[slot.bucket * kBodiesWords + slot.index * kWords + word]);
  }
  std::uint32_t next(std::uint32_t bucket) const { return bucket + 1 == buckets_ ? 0 : bucket + 1; }

  // Word [1] of the key's slot, and which that is; 0 where there is none.
  std::uint64_t find_word(const Key& key, Place place, Slot& slot) const;
  // The same in the buckets after this one, as far as its key may have spilled.
  std::uint64_t search_on(const Key& key, Place place, std::uint32_t bucket, Slot& found) const;
  // The same among the slots of one bucket that have these tags.
  std::uint64_t among(std::uint32_t tags, std::uint32_t bucket, const Key& key, Slot& found) const;

  std::uint64_t* bodies_;
  std::uint64_t* tags_;
  std::uint32_t* earliest_;
  std::uint32_t buckets_;
};

template <std::size_t kWords>
inline std::uint64_t Slots<kWords>::among(std::uint32_t tags, std::uint32_t bucket, const Key& key,
                                          Slot& found) const {
  for (; tags != 0; tags &= tags - 1) {
    const Slot slot{bucket, static_cast<std::uint32_t>(std::countr_zero(tags))};
    // Acquire: who sees this word sees the others, which were written before it.
    const std::uint64_t word = body(slot, 1).load(std::memory_order_acquire);
    if (word != 0 && word >> 32U == key.low >> 32U && load(slot, 0) == key.high &&
        rests(bucket).get(slot.index) == rest_of(key)) {
      found = slot;
      return word;
    }
  }
  return 0;
}

template <std::size_t kWords>
inline std::uint64_t Slots<kWords>::find_word(const Key& key, Place place, Slot& slot) const {
  const std::uint32_t bucket = place.bucket(buckets_);
  const auto match = tags(bucket).match(tag_of(key));
  const std::uint32_t spilled = match.more & place.spill_bit();
  if ((match.lanes | spilled) == 0) [[likely]]
    return 0;
  const std::uint64_t word = among(match.lanes, bucket, key, slot);
  return word != 0 || spilled == 0 ? word : search_on(key, place, bucket, slot);
}

template <std::size_t kWords>
[[gnu::noinline]] std::uint64_t Slots<kWords>::search_on(const Key& key, Place place,
                                                         std::uint32_t bucket, Slot& found) const {
  for (std::uint32_t tried = 1; tried < buckets_; ++tried) {
    bucket = next(bucket);
    const auto match = tags(bucket).match(tag_of(key));
    const std::uint64_t word = among(match.lanes, bucket, key, found);
    if (word != 0 || (match.more & place.spill_bit()) == 0) return word;
  }
  return 0;
}

template <std::size_t kWords>
void Slots<kWords>::insert(const Key& key, Place place, const std::uint64_t (&words)[kWords]) {
  std::uint32_t bucket = place.bucket(buckets_);
  for (std::uint32_t tried = 0; tried < buckets_; ++tried, bucket = next(bucket)) {
    Lanes lanes = tags(bucket);
    for (std::uint32_t bits = lanes.match(0).lanes; bits != 0; bits &= bits - 1) {
      const Slot slot{bucket, static_cast<std::uint32_t>(std::countr_zero(bits))};
      if (filled(slot)) continue;  // a key whose tag is 0
      rests(bucket).set(slot.index, rest_of(key), std::memory_order_relaxed);
      for (std::size_t word = 0; word < kWords; ++word) {
        if (word != 1) body(slot, word).store(words[word], std::memory_order_relaxed);
      }
      // Word [1] last: who finds it filled finds all of its key, even if the writer dies now.
      lanes.set(slot.index, tag_of(key), std::memory_order_relaxed);
      body(slot, 1).store(words[1], std::memory_order_release);
      const auto packed = static_cast<std::uint32_t>(words[1]);
      set_earliest(bucket, earliest(bucket) == 0 ? packed : std::min(earliest(bucket), packed));
      return;
    }
    lanes.set_more(lanes.more() | place.spill_bit());
  }
  CHECK(false);  // Shards keeps some slots free
}

template <std::size_t kWords>
void Slots<kWords>::erase(Slot slot) {
  body(slot, 1).store(0, std::memory_order_relaxed);
  tags(slot.bucket).set(slot.index, 0, std::memory_order_relaxed);
}

}  // namespace rescind::revocation

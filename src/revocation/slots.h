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
//
// Why readers need no lock. All words are atomic. A slot is filled body first, word [1] by release;
// its key words and its cut never change while it is filled; until and reason share a word with
// key bits, so they change at once. A slot that is emptied has word [1] = 0, and may be filled anew
// at once: a reader that is in it meanwhile can see words of both entries, but it takes a slot only
// where all 128 bits agree with its key, so what it takes has stood there (SHA-256 prefixes that
// agree in complementary parts with a third are as unlikely as an error of the key itself).
// A cut could be taken from the wrong one: there the reader looks whether anything moved
// (shards.h).

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/check.h"
#include "revocation/target.h"

#if defined(__SANITIZE_THREAD__)
#define RESCIND_THREAD_SANITIZER
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RESCIND_THREAD_SANITIZER
#endif
#endif

// Two vector loads in place of 14 scalar ones. The language knows no atomic vector load; the
// machine reads each aligned 16-bit lane at once, which is all that is asked of it, and the loads
// are not moved over the acquire operations around them. The thread sanitizer sees scalar loads.
#if defined(__SSE2__) && !defined(RESCIND_THREAD_SANITIZER)
#include <emmintrin.h>
#define RESCIND_TAGS_BY_SSE2
#endif

namespace rescind::revocation {

inline constexpr std::size_t kSlotsPerBucket = 14;
inline constexpr std::uint32_t kAllSlots = (1U << kSlotsPerBucket) - 1;
inline constexpr std::size_t kTagsBytes = 32;  // of a bucket, its spill bits included
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
  static constexpr std::size_t kBodiesBytes = kSlotsPerBucket * (kWords * 8 + 2) + 4;
  static constexpr std::size_t kBucketBytes = kBodiesBytes + kTagsBytes;

  Slots(std::byte* memory, std::uint32_t buckets) : memory_(memory), buckets_(buckets) {}

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

  // visit(slot) for each filled slot of the buckets [begin, end).
  template <typename Visit>
  void for_each(std::uint32_t begin, std::uint32_t end, const Visit& visit) const {
    for (std::uint32_t bucket = begin; bucket < end; ++bucket) {
      for (std::uint32_t index = 0; index < kSlotsPerBucket; ++index) {
        const Slot slot{bucket, index};
        if (packed(slot) != 0) visit(slot);
      }
    }
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
    const std::uint32_t low = std::uint32_t{rest(slot).load(std::memory_order_relaxed)} << 16U |
                              tag(slot).load(std::memory_order_relaxed);
    return {.high = load(slot, 0), .low = (load(slot, 1) >> 32U << 32U) | low};
  }

 private:
  static std::uint16_t tag_of(const Key& key) { return static_cast<std::uint16_t>(key.low); }
  static std::uint16_t rest_of(const Key& key) {
    return static_cast<std::uint16_t>(key.low >> 16U);
  }

  std::byte* tags(std::size_t bucket) const {
    return memory_ + buckets_ * kBodiesBytes + bucket * kTagsBytes;
  }
  std::byte* bodies(std::size_t bucket) const { return memory_ + bucket * kBodiesBytes; }
  std::atomic_ref<std::uint16_t> tag(Slot slot) const {
    return std::atomic_ref(reinterpret_cast<std::uint16_t*>(tags(slot.bucket))[slot.index]);
  }
  std::atomic_ref<std::uint32_t> spill(std::size_t bucket) const {
    auto* const behind = tags(bucket) + kSlotsPerBucket * 2;
    return std::atomic_ref(*reinterpret_cast<std::uint32_t*>(behind));
  }
  std::atomic_ref<std::uint64_t> body(Slot slot, std::size_t word) const {
    auto* const words = reinterpret_cast<std::uint64_t*>(bodies(slot.bucket));
    return std::atomic_ref(words[slot.index * kWords + word]);
  }
  std::atomic_ref<std::uint16_t> rest(Slot slot) const {
    auto* const behind = bodies(slot.bucket) + kSlotsPerBucket * kWords * 8;
    return std::atomic_ref(reinterpret_cast<std::uint16_t*>(behind)[slot.index]);
  }
  std::uint32_t next(std::uint32_t bucket) const { return bucket + 1 == buckets_ ? 0 : bucket + 1; }
  // A bit for each slot of the bucket whose tag this is.
  std::uint32_t tagged(std::uint32_t bucket, std::uint16_t wanted) const;
  bool spilled(std::uint32_t bucket, Place place) const {
    return (spill(bucket).load(std::memory_order_relaxed) & place.spill_bit()) != 0;
  }
  // Word [1] of the key's slot, and which that is; 0 where there is none.
  std::uint64_t find_word(const Key& key, Place place, Slot& slot) const;
  // The same where the tags of the first bucket do not settle it.
  std::uint64_t search(const Key& key, Place place, std::uint32_t bucket, std::uint32_t tags,
                       Slot& found) const;
  // The same among the slots of one bucket that have these tags.
  std::uint64_t among(std::uint32_t tags, std::uint32_t bucket, const Key& key, Slot& found) const;

  std::byte* memory_;
  std::uint32_t buckets_;
};

template <std::size_t kWords>
inline std::uint32_t Slots<kWords>::tagged(std::uint32_t bucket, std::uint16_t wanted) const {
#ifdef RESCIND_TAGS_BY_SSE2
  const auto* const line = reinterpret_cast<const __m128i*>(tags(bucket));
  const __m128i tag = _mm_set1_epi16(static_cast<std::int16_t>(wanted));
  const __m128i equal = _mm_packs_epi16(_mm_cmpeq_epi16(_mm_load_si128(line), tag),
                                        _mm_cmpeq_epi16(_mm_load_si128(line + 1), tag));
  return static_cast<std::uint32_t>(_mm_movemask_epi8(equal)) & kAllSlots;
#else
  std::uint32_t bits = 0;
  for (std::uint32_t i = 0; i < kSlotsPerBucket; ++i) {
    bits |= static_cast<std::uint32_t>(tag({bucket, i}).load(std::memory_order_relaxed) == wanted)
            << i;
  }
  return bits;
#endif
}

template <std::size_t kWords>
inline std::uint64_t Slots<kWords>::among(std::uint32_t tags, std::uint32_t bucket, const Key& key,
                                          Slot& found) const {
  for (; tags != 0; tags &= tags - 1) {
    const Slot slot{bucket, static_cast<std::uint32_t>(std::countr_zero(tags))};
    // Acquire: who sees this word sees the others, which were written before it.
    const std::uint64_t word = body(slot, 1).load(std::memory_order_acquire);
    if (word != 0 && word >> 32U == key.low >> 32U && load(slot, 0) == key.high &&
        rest(slot).load(std::memory_order_relaxed) == rest_of(key)) {
      found = slot;
      return word;
    }
  }
  return 0;
}

template <std::size_t kWords>
inline std::uint64_t Slots<kWords>::find_word(const Key& key, Place place, Slot& slot) const {
  const std::uint32_t bucket = place.bucket(buckets_);
  const std::uint32_t tags = tagged(bucket, tag_of(key));
  if (tags == 0 && !spilled(bucket, place)) [[likely]]
    return 0;
  return search(key, place, bucket, tags, slot);
}

template <std::size_t kWords>
[[gnu::noinline]] std::uint64_t Slots<kWords>::search(const Key& key, Place place,
                                                      std::uint32_t bucket, std::uint32_t tags,
                                                      Slot& found) const {
  for (std::uint32_t tried = 0; tried < buckets_; ++tried) {
    const std::uint64_t word = among(tags, bucket, key, found);
    if (word != 0 || !spilled(bucket, place)) return word;
    bucket = next(bucket);
    tags = tagged(bucket, tag_of(key));
  }
  return 0;
}

template <std::size_t kWords>
void Slots<kWords>::insert(const Key& key, Place place, const std::uint64_t (&words)[kWords]) {
  std::uint32_t bucket = place.bucket(buckets_);
  for (std::uint32_t tried = 0; tried < buckets_; ++tried, bucket = next(bucket)) {
    for (std::uint32_t bits = tagged(bucket, 0); bits != 0; bits &= bits - 1) {
      const Slot slot{bucket, static_cast<std::uint32_t>(std::countr_zero(bits))};
      if (filled(slot)) continue;  // a key whose tag is 0
      rest(slot).store(rest_of(key), std::memory_order_relaxed);
      for (std::size_t word = 0; word < kWords; ++word) {
        if (word != 1) body(slot, word).store(words[word], std::memory_order_relaxed);
      }
      body(slot, 1).store(words[1], std::memory_order_release);
      tag(slot).store(tag_of(key), std::memory_order_release);
      return;
    }
    spill(bucket).store(spill(bucket).load(std::memory_order_relaxed) | place.spill_bit(),
                        std::memory_order_relaxed);
  }
  CHECK(false);  // Shards keeps some slots free
}

template <std::size_t kWords>
void Slots<kWords>::erase(Slot slot) {
  body(slot, 1).store(0, std::memory_order_relaxed);
  tag(slot).store(0, std::memory_order_relaxed);
}

}  // namespace rescind::revocation

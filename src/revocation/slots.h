#pragma once
// One open-addressed set of entries in a region: how the bytes lie, how they are read by any number
// of threads while one writes. A view (where, how many buckets); the owner is Shards.
//
// A bucket is 15 slots. Its first cache line is 15 tags (32 bits of the key each) and a word of 32
// spill bits; the bodies of the slots (the other 96 bits of the key, until + reason, and the cut
// where there is one) lie apart, in an array of their own. "Not there", the usual answer, costs the
// one line; "there" two. An entry that finds its bucket full goes to the next and leaves a spill
// bit of its class behind in each that it passed: a reader goes on only where the bit of its key is
// set.
//
// Words of a body: [0] key.high · [1] upper half of key.low, until + reason · [2] [3] the cut.
//
// Why readers need no lock. All words are atomic. A slot is filled body first, word [1] by release;
// its key words and its cut never change while it is filled; until and reason share a word with
// key bits, so they change at once. A slot that is emptied has word [1] = 0, and may be filled anew
// at once: a reader that is in it meanwhile can see words of both entries, but it takes a slot only
// where all 128 bits agree with its key, so what it takes has stood there (two SHA-256 prefixes
// that agree in complementary halves with a third are as unlikely as an error of the key itself).
// A cut could be taken from the wrong one: there the reader looks whether anything moved
// (shards.h).

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/check.h"
#include "revocation/target.h"

namespace rescind::revocation {

inline constexpr std::size_t kSlotsPerBucket = 15;
inline constexpr std::size_t kTagLineBytes = 64;
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
  static constexpr std::size_t kBucketBytes = kTagLineBytes + kSlotsPerBucket * kWords * 8;

  Slots(std::byte* memory, std::uint32_t buckets) : memory_(memory), buckets_(buckets) {}

  std::size_t slots() const { return std::size_t{buckets_} * kSlotsPerBucket; }

  struct Found {
    std::size_t slot;
    std::uint32_t packed;  // until and reason, as they stood beside the key
  };
  // Any thread.
  std::optional<Found> find(const Key& key, Place place) const;
  // Writer: fills an empty slot; at least one is there.
  void insert(const Key& key, Place place, const std::uint64_t (&words)[kWords]);
  // Writer: empties a slot.
  void erase(std::size_t slot);

  std::uint64_t load(std::size_t slot, std::size_t word) const {
    return body(slot, word).load(std::memory_order_relaxed);
  }
  // Until and reason; the rest of word [1] stays.
  void store_packed(std::size_t slot, std::uint32_t packed) {
    const std::uint64_t upper = load(slot, 1) >> 32U << 32U;
    body(slot, 1).store(upper | packed, std::memory_order_release);
  }
  std::uint32_t packed(std::size_t slot) const { return static_cast<std::uint32_t>(load(slot, 1)); }
  bool filled(std::size_t slot) const { return load(slot, 1) != 0; }
  Key key(std::size_t slot) const {
    const std::uint32_t low =
        tag(slot / kSlotsPerBucket, slot % kSlotsPerBucket).load(std::memory_order_relaxed);
    return {.high = load(slot, 0), .low = (load(slot, 1) >> 32U << 32U) | low};
  }

 private:
  std::atomic_ref<std::uint32_t> tag(std::size_t bucket, std::size_t index) const {
    auto* const line = reinterpret_cast<std::uint32_t*>(memory_ + bucket * kTagLineBytes);
    return std::atomic_ref(line[index]);
  }
  std::atomic_ref<std::uint64_t> body(std::size_t slot, std::size_t word) const {
    auto* const bodies =
        reinterpret_cast<std::uint64_t*>(memory_ + std::size_t{buckets_} * kTagLineBytes);
    return std::atomic_ref(bodies[slot * kWords + word]);
  }
  std::uint32_t next(std::uint32_t bucket) const { return bucket + 1 == buckets_ ? 0 : bucket + 1; }
  // A bit for each slot of the bucket whose tag this is.
  std::uint32_t tagged(std::uint32_t bucket, std::uint32_t wanted) const;
  // Word [1] of the slot where it holds the key, else 0.
  std::uint64_t word_of(const Key& key, std::size_t slot) const;

  std::byte* memory_;
  std::uint32_t buckets_;
};

template <std::size_t kWords>
inline std::uint32_t Slots<kWords>::tagged(std::uint32_t bucket, std::uint32_t wanted) const {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < kSlotsPerBucket; ++i) {
    bits |= static_cast<std::uint32_t>(tag(bucket, i).load(std::memory_order_relaxed) == wanted)
            << i;
  }
  return bits;
}

template <std::size_t kWords>
inline std::uint64_t Slots<kWords>::word_of(const Key& key, std::size_t slot) const {
  // Acquire: who sees this word sees the others, which were written before it.
  const std::uint64_t word = body(slot, 1).load(std::memory_order_acquire);
  return word >> 32U == key.low >> 32U && load(slot, 0) == key.high ? word : 0;
}

template <std::size_t kWords>
inline auto Slots<kWords>::find(const Key& key, Place place) const -> std::optional<Found> {
  const auto wanted = static_cast<std::uint32_t>(key.low);
  std::uint32_t bucket = place.bucket(buckets_);
  for (std::uint32_t tried = 0; tried < buckets_; ++tried, bucket = next(bucket)) {
    for (std::uint32_t bits = tagged(bucket, wanted); bits != 0; bits &= bits - 1) {
      const std::size_t slot =
          bucket * kSlotsPerBucket + static_cast<std::size_t>(std::countr_zero(bits));
      const std::uint64_t word = word_of(key, slot);
      if (word != 0) return Found{.slot = slot, .packed = static_cast<std::uint32_t>(word)};
    }
    const std::uint32_t spilled = tag(bucket, kSlotsPerBucket).load(std::memory_order_relaxed);
    if ((spilled & place.spill_bit()) == 0) break;
  }
  return std::nullopt;
}

template <std::size_t kWords>
void Slots<kWords>::insert(const Key& key, Place place, const std::uint64_t (&words)[kWords]) {
  std::uint32_t bucket = place.bucket(buckets_);
  for (std::uint32_t tried = 0; tried < buckets_; ++tried, bucket = next(bucket)) {
    for (std::uint32_t bits = tagged(bucket, 0); bits != 0; bits &= bits - 1) {
      const auto index = static_cast<std::size_t>(std::countr_zero(bits));
      const std::size_t slot = bucket * kSlotsPerBucket + index;
      if (filled(slot)) continue;  // a key whose tag is 0
      for (std::size_t word = 0; word < kWords; ++word) {
        if (word != 1) body(slot, word).store(words[word], std::memory_order_relaxed);
      }
      body(slot, 1).store(words[1], std::memory_order_release);
      tag(bucket, index).store(static_cast<std::uint32_t>(key.low), std::memory_order_release);
      return;
    }
    auto spilled = tag(bucket, kSlotsPerBucket);
    spilled.store(spilled.load(std::memory_order_relaxed) | place.spill_bit(),
                  std::memory_order_relaxed);
  }
  CHECK(false);  // Shards keeps some slots free
}

template <std::size_t kWords>
void Slots<kWords>::erase(std::size_t slot) {
  body(slot, 1).store(0, std::memory_order_relaxed);
  tag(slot / kSlotsPerBucket, slot % kSlotsPerBucket).store(0, std::memory_order_relaxed);
}

}  // namespace rescind::revocation

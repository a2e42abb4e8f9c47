#pragma once
// Fourteen 16-bit numbers, and 32 bits more, in four atomic words (half a cache line), compared all
// at once. A view; one thread writes, any number reads.
//
// On x86-64 the comparison is two vector loads: arithmetic on the four words, which is what other
// machines and the thread sanitizer get, makes a lookup half as slow again. The language knows no
// atomic vector load; the machine reads each aligned lane at once, which is all that is asked of
// it, and the compiler does not move the loads over the acquire operations around them.

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#if defined(__SANITIZE_THREAD__)
#define RESCIND_LANES_BY_WORDS
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RESCIND_LANES_BY_WORDS
#endif
#endif
#ifndef __SSE2__
#define RESCIND_LANES_BY_WORDS
#endif

namespace rescind::revocation {

class Lanes {
 public:
  static constexpr std::uint32_t kCount = 14;
  static constexpr std::size_t kWords = 4;

  explicit Lanes(std::uint64_t* words) : words_(words) {}

  struct Match {
    std::uint32_t lanes;  // a bit for each lane that is equal
    std::uint32_t more;   // the 32 bits more
  };
  Match match(std::uint16_t wanted) const {
#ifdef RESCIND_LANES_BY_WORDS
    return {.lanes = by_words(wanted), .more = more()};
#else
    using Vector = short __attribute__((vector_size(16), may_alias));
    const auto number = static_cast<short>(wanted);
    const Vector all = {number, number, number, number, number, number, number, number};
    const auto* const halves = reinterpret_cast<const Vector*>(words_);
    const auto bytes = __builtin_ia32_packsswb128(halves[0] == all, halves[1] == all);
    const auto bits = static_cast<std::uint32_t>(__builtin_ia32_pmovmskb128(bytes));
    return {.lanes = bits & kAllLanes, .more = more()};
#endif
  }
  // The same by arithmetic on whole words.
  std::uint32_t by_words(std::uint16_t wanted) const {
    std::uint32_t lanes = 0;
    for (std::uint32_t i = 0; i < kWords; ++i) {
      const std::uint64_t differs = load(i) ^ kLowest * wanted;
      // The highest bit of a lane is set where any of its bits is; nothing carries over.
      const std::uint64_t set = ((differs & ~kHighest) + ~kHighest) | differs;
      const std::uint64_t equal = (~set & kHighest) >> 15U;
      // Moves bits 0, 16, 32, 48 to 48, 49, 50, 51; no two sums meet.
      lanes |= static_cast<std::uint32_t>(equal * 0x0001'0002'0004'0008U >> 48U & 15U) << (4 * i);
    }
    return lanes & kAllLanes;
  }

  std::uint16_t get(std::uint32_t lane) const {
    return static_cast<std::uint16_t>(load(lane / 4) >> (lane % 4 * 16));
  }
  void set(std::uint32_t lane, std::uint16_t value, std::memory_order order) {
    const unsigned shift = lane % 4 * 16;
    const std::uint64_t others = load(lane / 4) & ~(std::uint64_t{0xffff} << shift);
    word(lane / 4).store(others | std::uint64_t{value} << shift, order);
  }
  std::uint32_t more() const { return static_cast<std::uint32_t>(load(kWords - 1) >> 32U); }
  void set_more(std::uint32_t value) {
    const std::uint64_t lanes = load(kWords - 1) & 0xffff'ffffU;
    word(kWords - 1).store(lanes | std::uint64_t{value} << 32U, std::memory_order_relaxed);
  }

 private:
  static constexpr std::uint64_t kLowest = 0x0001'0001'0001'0001U;
  static constexpr std::uint64_t kHighest = kLowest << 15U;
  static constexpr std::uint32_t kAllLanes = (1U << kCount) - 1;

  std::atomic_ref<std::uint64_t> word(std::size_t i) const { return std::atomic_ref(words_[i]); }
  std::uint64_t load(std::size_t i) const { return word(i).load(std::memory_order_relaxed); }

  std::uint64_t* words_;
};

}  // namespace rescind::revocation

#pragma once
// How a writer shows readers of other threads and processes a value of several words, without a
// lock and without a pointer.

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace rescind::revocation {

// A value of several words: the writer fills the copy that is not in use and then counts `turn` up,
// by release. A reader that finds `turn` where it was has read one whole value; a second value may
// come meanwhile, a third makes it read again. A writer that dies in the middle leaves the old one.
template <typename T>
class Turns {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % 8 == 0);
  using Words = std::array<std::uint64_t, sizeof(T) / 8>;

 public:
  // The one writer.
  void store(const T& value) {
    Words words{};
    std::memcpy(words.data(), &value, sizeof(T));
    const std::uint64_t turn = turn_.load(std::memory_order_relaxed) + 1;
    auto& copy = copies_[turn % 2];
    // Who sees a word of this copy being written over sees that its turn is over.
    std::atomic_thread_fence(std::memory_order_release);
    for (std::size_t i = 0; i < words.size(); ++i) {
      copy[i].store(words[i], std::memory_order_relaxed);
    }
    turn_.store(turn, std::memory_order_release);
  }

  T load() const {
    for (;;) {
      const std::uint64_t turn = turn_.load(std::memory_order_acquire);
      const auto& copy = copies_[turn % 2];
      Words words;
      for (std::size_t i = 0; i < words.size(); ++i) {
        words[i] = copy[i].load(std::memory_order_relaxed);
      }
      std::atomic_thread_fence(std::memory_order_acquire);
      if (turn_.load(std::memory_order_relaxed) == turn) return std::bit_cast<T>(words);
    }
  }

 private:
  std::atomic<std::uint64_t> turn_{0};
  std::array<std::array<std::atomic<std::uint64_t>, sizeof(T) / 8>, 2> copies_{};
};

}  // namespace rescind::revocation

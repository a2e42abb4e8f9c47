#include "base/random.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"

namespace rescind {

std::uint64_t Random::next_u64() {
  std::array<std::uint8_t, 8> bytes;
  fill(bytes);
  return get_u64(bytes.data());
}

std::uint64_t Random::below(std::uint64_t bound) {
  CHECK(bound > 0);
  // Values under 2^64 mod bound would make the small results likelier: draw again.
  const std::uint64_t threshold = (0 - bound) % bound;
  for (;;) {
    const std::uint64_t value = next_u64();
    if (value >= threshold) return value % bound;
  }
}

std::string Random::hex(std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  fill(bytes);
  return to_hex(bytes);
}

void SystemRandom::fill(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    CHECK(got > 0);
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

std::uint64_t SeededRandom::step() {
  state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

void SeededRandom::fill(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    std::string word;
    put_u64(word, step());
    const std::size_t size = std::min<std::size_t>(out.size(), word.size());
    std::memcpy(out.data(), word.data(), size);
    out = out.subspan(size);
  }
}

}  // namespace rescind

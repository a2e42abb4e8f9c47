#pragma once
// Views of bytes, hex, and the one digest that is used everywhere (SHA-256, FIPS 180-4).
// All functions are pure and thread-safe.

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rescind {

using ByteView = std::span<const std::uint8_t>;
using Digest = std::array<std::uint8_t, 32>;

inline ByteView bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view text_of(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// SHA-256 of the concatenation of the parts.
Digest sha256(std::initializer_list<ByteView> parts);
inline Digest sha256(ByteView data) { return sha256({data}); }
inline Digest sha256(std::string_view text) { return sha256({bytes_of(text)}); }

std::string to_hex(ByteView bytes);
// Lower-case or upper-case hex of exactly `size` bytes into `out`; false where it is not that.
bool from_hex(std::string_view hex, std::span<std::uint8_t> out);

// Compares in time that depends on the lengths alone.
bool constant_time_equal(ByteView a, ByteView b);

// Big-endian integers, as all of our binary formats have them.
void put_u32(std::string& out, std::uint32_t value);
void put_u64(std::string& out, std::uint64_t value);
std::uint32_t get_u32(const std::uint8_t* at);
std::uint64_t get_u64(const std::uint8_t* at);

}  // namespace rescind

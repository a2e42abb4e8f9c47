#include "jwt/base64url.h"

#include <array>

namespace rescind::jwt {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNone = 0xff;

// The six bits of each character; kNone, whose high bits none of them has, outside the alphabet.
constexpr std::array<std::uint8_t, 256> kBits = [] {
  std::array<std::uint8_t, 256> bits{};
  bits.fill(kNone);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    bits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return bits;
}();

std::uint32_t bits_of(char c) { return kBits[static_cast<unsigned char>(c)]; }

char character(std::uint32_t bits) { return kAlphabet[bits & 63U]; }

char low_byte(std::uint32_t value) { return static_cast<char>(value & 255U); }

// Two or three characters make one or two bytes; the bits left over have to be zero, or one byte
// string had several spellings (and one token several).
bool decode_tail(std::string_view tail, char* out) {
  const std::uint32_t a = bits_of(tail[0]);
  const std::uint32_t b = bits_of(tail[1]);
  const std::uint32_t c = tail.size() == 3 ? bits_of(tail[2]) : 0;
  if ((a | b | c) > 63) return false;
  out[0] = low_byte(a << 2U | b >> 4U);
  if (tail.size() == 2) return (b & 15U) == 0;
  out[1] = low_byte(b << 4U | c >> 2U);
  return (c & 3U) == 0;
}

}  // namespace

std::string base64url_encode(ByteView bytes) {
  std::string text((bytes.size() * 4 + 2) / 3, '\0');
  char* out = text.data();
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t group =
        std::uint32_t{bytes[i]} << 16U | std::uint32_t{bytes[i + 1]} << 8U | bytes[i + 2];
    *out++ = character(group >> 18U);
    *out++ = character(group >> 12U);
    *out++ = character(group >> 6U);
    *out++ = character(group);
  }
  const std::size_t rest = bytes.size() - i;
  if (rest == 0) return text;
  const std::uint32_t second = rest == 2 ? bytes[i + 1] : 0;
  const std::uint32_t group = std::uint32_t{bytes[i]} << 16U | second << 8U;
  *out++ = character(group >> 18U);
  *out++ = character(group >> 12U);
  if (rest == 2) *out = character(group >> 6U);
  return text;
}

bool base64url_decode(std::string_view text, std::string& out) {
  const std::size_t tail = text.size() % 4;
  if (tail == 1) return false;
  out.resize(text.size() / 4 * 3 + (tail == 0 ? 0 : tail - 1));
  char* write = out.data();
  std::uint32_t wrong = 0;  // collected, so that the loop has no branch in it
  std::size_t i = 0;
  for (; i + 4 <= text.size(); i += 4, write += 3) {
    const std::uint32_t a = bits_of(text[i]);
    const std::uint32_t b = bits_of(text[i + 1]);
    const std::uint32_t c = bits_of(text[i + 2]);
    const std::uint32_t d = bits_of(text[i + 3]);
    wrong |= a | b | c | d;
    const std::uint32_t group = a << 18U | b << 12U | c << 6U | d;
    write[0] = low_byte(group >> 16U);
    write[1] = low_byte(group >> 8U);
    write[2] = low_byte(group);
  }
  if (wrong > 63) return false;
  return tail == 0 || decode_tail(text.substr(i), write);
}

std::optional<std::string> base64url_decode(std::string_view text) {
  std::string out;
  if (!base64url_decode(text, out)) return std::nullopt;
  return out;
}

}  // namespace rescind::jwt

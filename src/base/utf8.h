#pragma once
// UTF-8, strictly (RFC 3629): no overlong form, no surrogate, nothing past U+10FFFF. Pure,
// thread-safe.

#include <cstdint>
#include <string_view>

namespace rescind {

// How many bytes the well-formed sequence at the front of `text` has; 0 where there is none.
inline std::size_t utf8_length(std::string_view text) {
  const auto within = [text](std::size_t i, unsigned least, unsigned most) {
    if (i >= text.size()) return false;
    const auto byte = static_cast<unsigned char>(text[i]);
    return byte >= least && byte <= most;
  };
  const auto tail = [&](std::size_t i) { return within(i, 0x80, 0xbf); };
  if (within(0, 0x00, 0x7f)) return 1;
  if (within(0, 0xc2, 0xdf)) return tail(1) ? 2 : 0;
  if (within(0, 0xe0, 0xef)) {
    const unsigned least = within(0, 0xe0, 0xe0) ? 0xa0 : 0x80;
    const unsigned most = within(0, 0xed, 0xed) ? 0x9f : 0xbf;
    return within(1, least, most) && tail(2) ? 3 : 0;
  }
  if (within(0, 0xf0, 0xf4)) {
    const unsigned least = within(0, 0xf0, 0xf0) ? 0x90 : 0x80;
    const unsigned most = within(0, 0xf4, 0xf4) ? 0x8f : 0xbf;
    return within(1, least, most) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

// Writes the sequence of a code point (not past U+10FFFF, no surrogate); returns where it ends.
inline char* put_utf8(char* out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0U | code >> 6U);
    put(0x80U | (code & 0x3fU));
  } else if (code < 0x10000) {
    put(0xe0U | code >> 12U);
    put(0x80U | (code >> 6U & 0x3fU));
    put(0x80U | (code & 0x3fU));
  } else {
    put(0xf0U | code >> 18U);
    put(0x80U | (code >> 12U & 0x3fU));
    put(0x80U | (code >> 6U & 0x3fU));
    put(0x80U | (code & 0x3fU));
  }
  return out;
}

}  // namespace rescind

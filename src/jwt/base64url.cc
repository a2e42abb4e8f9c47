#include "jwt/base64url.h"

#include <array>

#if defined(__x86_64__)
#include <tmmintrin.h>
#endif

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

#if defined(__x86_64__)
// Sixteen characters to twelve bytes (and four zeros behind them) at a time; how many were read.
// The last 24 are left to the loop behind, so that the zeros stay within `out`. After W. Muła and
// D. Lemire, "Faster Base64 Encoding and Decoding Using AVX2 Instructions" (2018).
__attribute__((target("ssse3"))) std::size_t decode_by_vectors(std::string_view text, char* out,
                                                               std::uint32_t& wrong) {
  std::size_t i = 0;
  for (; i + 24 <= text.size(); i += 16, out += 12) {
    const __m128i in = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + i));
    // Signed comparisons: what is not ASCII is below all of them, and so in no range.
    const __m128i upper = _mm_and_si128(_mm_cmpgt_epi8(in, _mm_set1_epi8('A' - 1)),
                                        _mm_cmplt_epi8(in, _mm_set1_epi8('Z' + 1)));
    const __m128i lower = _mm_and_si128(_mm_cmpgt_epi8(in, _mm_set1_epi8('a' - 1)),
                                        _mm_cmplt_epi8(in, _mm_set1_epi8('z' + 1)));
    const __m128i digit = _mm_and_si128(_mm_cmpgt_epi8(in, _mm_set1_epi8('0' - 1)),
                                        _mm_cmplt_epi8(in, _mm_set1_epi8('9' + 1)));
    const __m128i minus = _mm_cmpeq_epi8(in, _mm_set1_epi8('-'));
    const __m128i under = _mm_cmpeq_epi8(in, _mm_set1_epi8('_'));
    const __m128i letter = _mm_or_si128(upper, lower);
    const __m128i other = _mm_or_si128(digit, _mm_or_si128(minus, under));
    if (_mm_movemask_epi8(_mm_or_si128(letter, other)) != 0xffff) {
      wrong = kNone;
      return i;
    }
    // What to add to a character of each range to get its six bits.
    __m128i shift = _mm_and_si128(upper, _mm_set1_epi8(0 - 'A'));
    shift = _mm_or_si128(shift, _mm_and_si128(lower, _mm_set1_epi8(26 - 'a')));
    shift = _mm_or_si128(shift, _mm_and_si128(digit, _mm_set1_epi8(52 - '0')));
    shift = _mm_or_si128(shift, _mm_and_si128(minus, _mm_set1_epi8(62 - '-')));
    shift = _mm_or_si128(shift, _mm_and_si128(under, _mm_set1_epi8(63 - '_')));
    const __m128i bits = _mm_add_epi8(in, shift);
    const __m128i pairs = _mm_maddubs_epi16(bits, _mm_set1_epi32(0x01400140));  // of 12 bits
    const __m128i groups = _mm_madd_epi16(pairs, _mm_set1_epi32(0x00011000));   // of 24 bits
    const __m128i order = _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm_shuffle_epi8(groups, order));
  }
  return i;
}

std::size_t decode_many(std::string_view text, char* out, std::uint32_t& wrong) {
  static const bool has_vectors = __builtin_cpu_supports("ssse3") != 0;
  return has_vectors ? decode_by_vectors(text, out, wrong) : 0;
}
#else
std::size_t decode_many(std::string_view /*text*/, char* /*out*/, std::uint32_t& /*wrong*/) {
  return 0;
}
#endif

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
  std::size_t i = decode_many(text, write, wrong);
  write += i / 4 * 3;
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
